import { resolve } from "node:path";

/** A part of what follows the ledger that can change without a new record. */
export type FollowingPart = "readings" | "alerts" | "gateways";

/** What a thread of followers says after its commits, to all threads; several commits may share one message. */
export type Progress =
  /** Projections hold everything up to this ledger number. */
  | { readonly type: "records"; readonly lsn: number }
  /** Rows that were there before changed: times or states of readings, alerts, what is known of gateways. */
  | { readonly type: "changed"; readonly parts: readonly FollowingPart[] };

/** Name of the broadcast channel of {@link Progress} of a data directory. */
export const progressChannel = (dataDirectory: string): string => `mingcheng-following:${resolve(dataDirectory)}`;
