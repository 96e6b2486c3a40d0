import type { DeviceBody } from "@mingcheng/protocols";
import type { DeviceConfig } from "../config/parse-config.ts";
import type { CaptureDraft, SessionContext, SessionLog } from "../drivers/define-driver.ts";
import { type DevicePorts, DeviceRunner, type SupervisorClock } from "./device-runner.ts";
import type { DeviceStatus } from "./device-status.ts";
import { deviceRetryLimits, type RetryLimits } from "./retry-schedule.ts";

/** What {@link Supervisor} needs. Every port is told which device it is about. */
export interface SupervisorOptions {
  readonly devices: readonly DeviceConfig[];
  readonly clock: SupervisorClock;
  readonly open: DevicePorts["open"];
  /** Uniform in [0, 1), for jitter. */
  readonly random: () => number;
  readonly retry?: RetryLimits;
  log(device: DeviceConfig): SessionLog;
  capture(device: string, draft: CaptureDraft): Promise<void>;
  recall(device: string, kind: CaptureDraft["kind"], limit: number): ReturnType<SessionContext["recall"]>;
  live(device: string, payload: Readonly<Record<string, unknown>>): void;
  record(device: string, body: DeviceBody): void;
}

/**
 * Owns every device of the gateway: opening, retry, silence, parking. Drivers do none of this. A device that fails, in
 * whatever way, does not disturb the others.
 */
export class Supervisor {
  private readonly runners: readonly DeviceRunner[];

  constructor(options: SupervisorOptions) {
    const { clock, open, random, retry = deviceRetryLimits } = options;
    this.runners = options.devices.map((device) => {
      const { id } = device;
      return new DeviceRunner(device, {
        clock,
        open,
        random,
        retry,
        log: options.log(device),
        capture: (draft) => options.capture(id, draft),
        recall: (kind, limit) => options.recall(id, kind, limit),
        live: (payload) => options.live(id, payload),
        record: (body) => options.record(id, body),
      });
    });
  }

  start(): void {
    for (const runner of this.runners) runner.start();
  }

  /** Ends every session and frees every port, within one second. */
  async stop(): Promise<void> {
    await Promise.all(this.runners.map((runner) => runner.stop()));
  }

  status(): readonly DeviceStatus[] {
    return this.runners.map((runner) => runner.status());
  }
}
