import type { DeviceBody } from "@mingcheng/protocols";
import type { DeviceConfig } from "../config/parse-config.ts";
import type { CaptureDraft, DeviceKey, KeyPress, SessionContext, SessionLog } from "../drivers/define-driver.ts";
import type { ByteStream, SerialSettings } from "../transports/byte-stream.ts";
import { DeviceRunner, type SupervisorClock } from "./device-runner.ts";
import type { DeviceStatus } from "./device-status.ts";
import { deviceRetryLimits, type RetryLimits } from "./retry-schedule.ts";

/** What {@link Supervisor} needs. Every port is told which device it is about. */
export interface SupervisorOptions {
  readonly devices: readonly DeviceConfig[];
  readonly clock: SupervisorClock;
  /** Opens a device's line. @throws {MingchengError} DEVICE_OPEN_FAILED, CONFIG_INVALID */
  open(address: string, serial: SerialSettings, signal: AbortSignal, device: DeviceConfig): Promise<ByteStream>;
  /** Uniform in [0, 1), for jitter. */
  readonly random: () => number;
  readonly retry?: RetryLimits;
  log(device: DeviceConfig): SessionLog;
  capture(device: string, draft: CaptureDraft): Promise<void>;
  recall(device: string, kind: CaptureDraft["kind"], limit: number): ReturnType<SessionContext["recall"]>;
  marks(device: string): ReturnType<SessionContext["marks"]>;
  live(device: string, payload: Readonly<Record<string, unknown>>): void;
  record(device: string, body: DeviceBody): void;
}

const textOf = ({ driver, ...rest }: DeviceConfig): string => JSON.stringify([driver.protocol, rest]);

/** What is written of a device decides whether it is the same. */
const isSameDevice = (a: DeviceConfig, b: DeviceConfig | undefined): boolean =>
  b !== undefined && textOf(a) === textOf(b);

/**
 * Owns every device of the gateway: opening, retry, silence, parking. Drivers do none of this. A device that fails, in
 * whatever way, does not disturb the others.
 */
export class Supervisor {
  private readonly options: SupervisorOptions;
  private readonly runners: Map<string, DeviceRunner>;
  private ended = false;

  constructor(options: SupervisorOptions) {
    this.options = options;
    this.runners = new Map(options.devices.map((device) => [device.id, this.createRunner(device)]));
  }

  start(): void {
    for (const runner of this.runners.values()) runner.start();
  }

  /** Ends every session and frees every port, within one second. */
  async stop(): Promise<void> {
    this.ended = true;
    await Promise.all(Array.from(this.runners.values(), (runner) => runner.stop()));
  }

  status(): readonly DeviceStatus[] {
    return Array.from(this.runners.values(), (runner) => runner.status());
  }

  /** Takes in a device that turned up while running; nothing when its id is taken or everything ends. */
  adopt(device: DeviceConfig): void {
    if (this.ended || this.runners.has(device.id)) return;
    const runner = this.createRunner(device);
    this.runners.set(device.id, runner);
    runner.start();
  }

  /** Lets go of an adopted device and frees its port, within one second. */
  async release(id: string): Promise<void> {
    const runner = this.runners.get(id);
    await runner?.stop();
    this.runners.delete(id);
  }

  /** Ends a device's session and begins it anew, its line included; false when there is no such device. */
  async restart(id: string): Promise<boolean> {
    const runner = this.runners.get(id);
    if (runner === undefined) return false;
    await this.replace(id, runner.device);
    return true;
  }

  /**
   * Runs with these devices from now on: what is as it was goes on undisturbed, what is gone ends, what is new or different
   * begins. Adapters that nobody has confirmed are let go.
   */
  async reconfigure(devices: readonly DeviceConfig[]): Promise<void> {
    const wanted = new Map(devices.map((device) => [device.id, device]));
    const changed = Array.from(this.runners).filter(([id, { device }]) => !isSameDevice(device, wanted.get(id)));
    await Promise.all(changed.map(([id]) => this.release(id)));
    for (const device of devices) this.adopt(device);
  }

  /** Presses a key of a device; undefined where there is no such device, or its protocol documents no such key. */
  press(id: string, key: DeviceKey): Promise<KeyPress> | undefined {
    return this.runners.get(id)?.press(key);
  }

  /** What a device runs with. */
  deviceOf(id: string): DeviceConfig | undefined {
    return this.runners.get(id)?.device;
  }

  private async replace(id: string, device: DeviceConfig): Promise<void> {
    await this.release(id);
    this.adopt(device);
  }

  /** The device's adapter has just been plugged in. */
  retryNow(id: string): void {
    this.runners.get(id)?.retryNow();
  }

  private createRunner(device: DeviceConfig): DeviceRunner {
    const { options } = this;
    const { clock, random, retry = deviceRetryLimits } = options;
    const { id } = device;
    return new DeviceRunner(device, {
      clock,
      random,
      retry,
      open: (address, serial, signal) => options.open(address, serial, signal, device),
      log: options.log(device),
      capture: (draft) => options.capture(id, draft),
      recall: (kind, limit) => options.recall(id, kind, limit),
      marks: () => options.marks(id),
      live: (payload) => options.live(id, payload),
      record: (body) => options.record(id, body),
    });
  }
}
