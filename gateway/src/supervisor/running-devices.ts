import { join } from "node:path";
import type { Capture } from "../capture/capture.ts";
import type { DeviceConfig } from "../config/parse-config.ts";
import { BindingFile } from "../device-identity/binding-file.ts";
import type { DevicePlaces } from "../device-identity/device-places.ts";
import { PortFinder } from "../device-identity/port-finder.ts";
import { PortWatch } from "../device-identity/port-watch.ts";
import { deviceLog, type GatewayLog } from "../log.ts";
import { openTransport } from "../transports/open-transport.ts";
import type { SupervisorClock } from "./device-runner.ts";
import { Supervisor, type SupervisorOptions } from "./supervisor.ts";

/** What {@link RunningDevices} works with. */
export interface RunningDevicesOptions extends Pick<SupervisorOptions, "capture" | "live"> {
  readonly devices: readonly DeviceConfig[];
  readonly dataDirectory: string;
  readonly finder: PortFinder;
  readonly clock: SupervisorClock;
  readonly log: GatewayLog;
  readonly records: Pick<Capture, "recall" | "record">;
}

/** Knows which adapter is which device, as the data directory says. */
export const openPortFinder = async (
  dataDirectory: string,
  places: DevicePlaces,
  log: GatewayLog,
): Promise<PortFinder> => {
  const bindings = new BindingFile(join(dataDirectory, "adapters.json"));
  if (!(await bindings.open())) {
    log.warn({}, "ports: the file of known adapters cannot be read; devices are bound to what is plugged in now");
  }
  return new PortFinder({ places, bindings, open: openTransport, log });
};

/** The devices of a running gateway: those that are configured, and adapters that turn up in place of missing ones. */
export class RunningDevices {
  readonly supervisor: Supervisor;
  private readonly options: RunningDevicesOptions;
  private devices: readonly DeviceConfig[];
  private watch: PortWatch | undefined;
  private stopped = false;

  constructor(options: RunningDevicesOptions) {
    const { devices, dataDirectory, finder, clock, log, records, capture, live } = options;
    this.options = options;
    this.devices = devices;
    this.supervisor = new Supervisor({
      ...{ devices, clock, capture, live, random: Math.random },
      open: (_address, serial, signal, device) => finder.open(device, serial, signal),
      log: ({ id }) => deviceLog(log, id, () => clock.nowMs()),
      recall: (device, kind, limit) => records.recall(device, kind, limit),
      marks: async (device) => {
        const { openReadMarks } = await import("../capture/read-marks.ts");
        return openReadMarks(join(dataDirectory, "read-marks", `${device}.marks`));
      },
      record: (device, body) => records.record("device", body, device),
    });
  }

  start(): void {
    this.supervisor.start();
    this.watchPorts();
  }

  /** Runs with these devices from now on; what is as it was goes on undisturbed. */
  async reconfigure(devices: readonly DeviceConfig[]): Promise<void> {
    this.devices = devices;
    await this.watch?.stop();
    await this.supervisor.reconfigure(devices);
    this.watchPorts();
  }

  /** Leaves unknown adapters alone until the returned function is called. */
  async pausePorts(): Promise<() => void> {
    await this.watch?.stop();
    return () => this.watchPorts();
  }

  /** Ends every session and frees every port, within one second. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.watch?.stop();
    await this.supervisor.stop();
  }

  private watchPorts(): void {
    if (this.stopped) return;
    const { finder, clock, log } = this.options;
    void this.watch?.stop();
    this.watch = new PortWatch({ devices: this.devices, finder, supervised: this.supervisor, clock, log });
    this.watch.start();
  }
}
