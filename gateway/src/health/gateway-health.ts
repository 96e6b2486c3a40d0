import type { GatewayHealth } from "@mingcheng/protocols";
import type { GatewayClock } from "../clock/gateway-clock.ts";
import type { Uplink } from "../uplink/uplink.ts";
import type { GatewayStatus } from "./status-schema.ts";

/** How often the centre hears of it. */
const healthEveryMs = 60_000;

/** Processor time of this process between two looks. */
export interface CpuMeter {
  /** Percent of one core since the look before; since the start of the process at the first. */
  percent(): number;
}

/** `nowMs`: monotonic milliseconds. `usedMs`: processor time of the process, milliseconds. */
export const cpuMeter = (nowMs: () => number, usedMs: () => number): CpuMeter => {
  let atMs = nowMs();
  let before = usedMs();
  return {
    percent: () => {
      const [now, used] = [nowMs(), usedMs()];
      const share = now > atMs ? ((used - before) / (now - atMs)) * 100 : 0;
      [atMs, before] = [now, used];
      return Math.max(0, Math.round(share * 10) / 10);
    },
  };
};

/** Processor time of this process so far, in milliseconds. */
const usedCpuMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

const receiptWaitMs = ({ uplink, clock }: GatewayStatus): number | null => {
  if (uplink.pending === 0 || uplink.lastReceiptAt === null) return null;
  return Math.max(0, Date.parse(clock.wall) - Date.parse(uplink.lastReceiptAt));
};

/** What the state tells the centre of this gateway's health. */
export const gatewayHealth = (status: GatewayStatus, cpuPercent: number): GatewayHealth => {
  const { outbox, uplink, clock, devices, rssBytes } = status;
  return {
    outboxRecords: outbox.bufferedRecords,
    pendingRecords: uplink.pending,
    outboxBytes: outbox.bufferedBytes,
    diskFreeBytes: outbox.freeBytes,
    rssBytes,
    cpuPercent,
    clockErrorMs: clock.errMs,
    aheadOfCentreMs: clock.aheadOfCentreMs,
    reconnects: uplink.reconnects,
    receiptWaitMs: receiptWaitMs(status),
    devices: devices.length,
    devicesOnline: devices.filter(({ state }) => state === "online").length,
  };
};

/** Reports health for the state, and has the state go out often enough to see trouble coming. */
export class HealthTeller {
  private readonly clock: Pick<GatewayClock, "nowMs" | "after">;
  private readonly status: () => GatewayStatus;
  private readonly cpu: CpuMeter;

  constructor(clock: Pick<GatewayClock, "nowMs" | "after">, status: () => GatewayStatus) {
    this.clock = clock;
    this.status = status;
    this.cpu = cpuMeter(() => clock.nowMs(), usedCpuMs);
  }

  report(): GatewayHealth {
    return gatewayHealth(this.status(), this.cpu.percent());
  }

  /** Returns how to stop it. */
  keepTelling(uplink: Pick<Uplink, "factsChanged">): () => void {
    let cancel = (): void => undefined;
    const next = (): void => {
      cancel = this.clock.after(healthEveryMs, () => {
        uplink.factsChanged();
        next();
      });
    };
    next();
    return () => cancel();
  }
}
