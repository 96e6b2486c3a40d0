import type { SqliteDatabase } from "../store/database.ts";

/** How the rules' thread uses `alerts.db`: what rules gather is in its memory already, and steps are many and small. */
export const rulesSettings = ["cache_size = -16384", "wal_autocheckpoint = 4000"] as const;

/**
 * Runs a step whose commits may go with a power cut: they go from the end on, the cursor with what it stands for, and are
 * made again from the ledger. Whoever tells anybody of it commits first, which takes all before it to the disk.
 */
export const unsettled = <Result>(database: SqliteDatabase, body: () => Result): Result => {
  database.pragma("synchronous = NORMAL");
  try {
    return body();
  } finally {
    database.pragma("synchronous = FULL");
  }
};
