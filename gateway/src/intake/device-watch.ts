import type { DeviceBody } from "@mingcheng/protocols";
import type { IntakeDevice } from "../config/intake-config.ts";
import type { NextStep } from "../health/status-schema.ts";
import { DeviceMeter } from "../supervisor/device-meter.ts";
import type { DeviceState, DeviceStatus } from "../supervisor/device-status.ts";

/** What a watched device needs of the gateway. */
export interface DeviceWatchPorts {
  readonly clock: { nowMs(): number; wall(): string; after(delayMs: number, task: () => void): () => void };
  record(device: string, body: DeviceBody): void;
}

const silentNext: NextStep = {
  zh: "设备没有上报：检查设备电源和网络，核对网关地址、端口和密钥（mingcheng-gateway intake list）",
  en: "the device sends nothing: check its power and network, the gateway's address and port, and its secret (mingcheng-gateway intake list)",
};

/** How one intake device stands: it is heard, or silent. Changes are records. */
export class DeviceWatch {
  readonly meter = new DeviceMeter();
  readonly device: IntakeDevice;
  private readonly ports: DeviceWatchPorts;
  private state: DeviceState = "opening";
  private since: string;
  private reason = "";
  private recorded: DeviceBody["status"] | null = null;
  private lastMs: number | null = null;
  private quietSinceMs: number;
  private connections = 0;
  private address = "-";
  private cancel: () => void = () => undefined;

  constructor(device: IntakeDevice, ports: DeviceWatchPorts) {
    this.device = device;
    this.ports = ports;
    this.since = ports.clock.wall();
    this.quietSinceMs = ports.clock.nowMs();
    this.watch();
  }

  /** It signed in. `address`: `https://192.168.8.23`. */
  connected(address: string): void {
    this.connections += 1;
    this.address = address;
  }

  /** It sent something that could be read. */
  heard(address: string): void {
    this.address = address;
    this.lastMs = this.ports.clock.nowMs();
    this.quietSinceMs = this.lastMs;
    this.meter.add("frames");
    if (this.state === "online") return;
    this.enter("online", "the device sends");
    this.watch();
  }

  status(): DeviceStatus {
    const { id, kind, insecureTransport } = this.device;
    const { state, since, reason, connections, meter, address, lastMs } = this;
    return {
      id,
      protocol: kind,
      address,
      insecureTransport,
      state,
      since,
      reason,
      fault: null,
      quietForMs: lastMs === null ? null : this.ports.clock.nowMs() - lastMs,
      connections,
      meter,
      next: state === "silent" ? silentNext : null,
    };
  }

  stop(): void {
    this.cancel();
  }

  /** Looks when the silence could have become too long, and again then. */
  private watch(): void {
    const { silentAfterMs } = this.device;
    this.cancel();
    if (silentAfterMs === null) return;
    const { clock } = this.ports;
    const quietMs = clock.nowMs() - this.quietSinceMs;
    this.cancel = clock.after(silentAfterMs - quietMs, () => {
      if (clock.nowMs() - this.quietSinceMs < silentAfterMs) this.watch();
      else this.enter("silent", `nothing heard for ${silentAfterMs} ms`);
    });
  }

  private enter(state: "online" | "silent", reason: string): void {
    const { id, kind, insecureTransport } = this.device;
    const previous = this.recorded;
    this.state = state;
    this.since = this.ports.clock.wall();
    this.reason = reason;
    this.recorded = state;
    this.ports.record(id, { status: state, previous, reason, driver: kind, insecureTransport });
  }
}
