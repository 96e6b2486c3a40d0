import { resolve } from "node:path";

/** What a thread of followers says after its commits, to all threads; several commits may share one message. */
export type Progress =
  /** Projections hold everything up to this ledger number. */
  | { readonly follower: "readings"; readonly lsn: number }
  /** Alerts changed. */
  | { readonly follower: "alerts" };

/** Name of the broadcast channel of {@link Progress} of a data directory. */
export const progressChannel = (dataDirectory: string): string => `mingcheng-following:${resolve(dataDirectory)}`;
