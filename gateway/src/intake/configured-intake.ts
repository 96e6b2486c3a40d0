import { isDeepStrictEqual } from "node:util";
import type { IntakeConfig } from "../config/intake-config.ts";
import type { DeviceStatus } from "../supervisor/device-status.ts";
import type { FrontAddress } from "./front.ts";
import type { IntakeStatus } from "./intake-status.ts";
import type { Intake, IntakeOptions } from "./open-intake.ts";

/** The LAN intake as configured, or none: then nothing of it is loaded, and no port is open. */
export class ConfiguredIntake {
  private intake: Intake | undefined;
  private config: IntakeConfig | undefined;
  private ended = false;
  private ports: Omit<IntakeOptions, "config"> | undefined;

  /** Opens what is configured. */
  async open(config: IntakeConfig | undefined, ports: Omit<IntakeOptions, "config">): Promise<void> {
    this.ports = ports;
    await this.reconfigure(config);
  }

  /** Takes another configuration over; nothing happens when it is the same. */
  async reconfigure(config: IntakeConfig | undefined): Promise<void> {
    const { ports } = this;
    if (ports === undefined || this.ended || isDeepStrictEqual(config, this.config)) return;
    this.config = config;
    await this.intake?.close();
    this.intake = undefined;
    if (config === undefined) return;
    const { openIntake } = await import("./open-intake.ts");
    const intake = await openIntake({ ...ports, config });
    if (this.ended) await intake.close();
    else this.intake = intake;
  }

  addresses(): readonly FrontAddress[] {
    return this.intake?.addresses() ?? [];
  }

  devices(): readonly DeviceStatus[] {
    return this.intake?.devices() ?? [];
  }

  status(): IntakeStatus | null {
    return this.intake?.status() ?? null;
  }

  async close(): Promise<void> {
    this.ended = true;
    await this.intake?.close();
  }
}
