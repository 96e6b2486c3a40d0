import type { RetentionSettings } from "./data-classes.ts";
import type { ClassReport } from "./run-retention.ts";

/** What the retention thread is started with, beside its way to the ledger's writer. */
export interface RetentionThreadData {
  readonly dataDirectory: string;
  readonly settings: RetentionSettings;
  readonly timezone: string;
}

/** From the retention thread. */
export type FromRetentionThread =
  | { readonly type: "ran"; readonly by: string; readonly atMs: number; readonly reports: readonly ClassReport[] }
  | { readonly type: "failed"; readonly fault: string };
