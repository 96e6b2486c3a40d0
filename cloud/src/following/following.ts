import type { Logger } from "pino";
import type { GatewayHint } from "../broker/broker-options.ts";
import type { CloudConfig } from "../config/cloud-config.ts";
import type { Figure } from "../health/figure.ts";

/** What the thread of the followers is started with. The ledger is open already. */
export interface FollowingOptions {
  readonly dataDirectory: string;
  readonly config: CloudConfig;
  readonly log: Logger;
  /** The thread itself died: nothing is projected or judged any more, and the process ends to be started again. */
  onExit(error: Error): void;
}

/** Everything that follows the ledger (projections, rules, alerts, channels), as seen from the main thread. */
export interface Following {
  /** Passes on what a connection or a state says of a gateway. */
  hint(hint: GatewayHint): void;
  /** Why it does not follow now, for `/readyz`; null when all is well. */
  fault(): string | null;
  /** The figures it reported last. */
  figures(): readonly Figure[];
  /** Finishes what is under way, commits and ends the thread. */
  close(): Promise<void>;
}
