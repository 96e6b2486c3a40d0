import type { SqliteDatabase } from "./database.ts";

/**
 * Runs what commits without waiting for the disk: a power cut may take it back, from the end on, the end of the process may
 * not. For what can be made again: steps from the ledger, the cursor with what it stands for. Whoever tells anybody of it
 * commits first, which takes all before it to the disk. Call outside of a transaction.
 */
export const unsettled = <Result>(database: SqliteDatabase, body: () => Result): Result => {
  database.pragma("synchronous = NORMAL");
  try {
    return body();
  } finally {
    database.pragma("synchronous = FULL");
  }
};
