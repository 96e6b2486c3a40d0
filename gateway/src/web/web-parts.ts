import type { GatewayConfig, ReadConfig } from "../config/parse-config.ts";
import type { DevicePlaces } from "../device-identity/device-places.ts";
import type { PortFinder } from "../device-identity/port-finder.ts";
import type { GatewayStatus } from "../health/status-schema.ts";
import type { GatewayLog } from "../log.ts";
import type { Supervisor } from "../supervisor/supervisor.ts";

/** A configuration that was read and is valid. */
export type ValidConfig = Extract<ReadConfig, { readonly config: unknown }>;

/** What the local web may lay hands on. */
export interface WebParts {
  /** The gateway's configuration file; null when it was started without one. */
  readonly file: string | null;
  readonly dataDirectory: string;
  readonly log: GatewayLog;
  readonly clock: {
    nowMs(): number;
    wall(): string;
    sleep(ms: number, signal: AbortSignal): Promise<void>;
    after(delayMs: number, task: () => void): () => void;
  };
  readonly supervisor: Pick<Supervisor, "status" | "deviceOf" | "release" | "adopt">;
  readonly finder: Pick<PortFinder, "survey">;
  readonly places: DevicePlaces;
  /** What runs now. */
  config(): GatewayConfig;
  status(): GatewayStatus;
  /** Version of the configuration from the centre that runs; 0: the gateway's own file alone. */
  version(): number;
  /** Runs with the gateway's own file as it is now, without a restart. */
  apply(own: ValidConfig): Promise<void>;
  /** Leaves unknown adapters alone until the returned function is called. */
  pausePorts(): Promise<() => void>;
}
