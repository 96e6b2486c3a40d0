import { chmod } from "node:fs/promises";
import { openForReading, type SqliteDatabase } from "../store/database.ts";
import { Database } from "../store/sqlite-engine.ts";

/** A database as it was at one moment, whatever its writer does meanwhile. */
export interface DatabaseMoment {
  /** Reads as of that moment. */
  readonly database: SqliteDatabase;
  readonly bytes: number;
  /**
   * Copies it to a new file, by SQLite's online backup. `onPages` hears of every piece and may hold up the next one.
   * @throws SqliteError
   */
  copyTo(path: string, onPages: (bytes: number) => void): Promise<void>;
  close(): void;
}

/** Pages copied at once: 1 MiB. */
const pagesAtOnce = 256;

/**
 * Takes the moment. A read transaction is held until it is closed: without one, SQLite begins the copy again with every
 * commit of the writer, and a copy of a busy ledger would never end. Meanwhile the write-ahead log cannot be emptied and
 * grows by what is written.
 */
export const takeMoment = (path: string): DatabaseMoment => {
  const database = openForReading(path);
  try {
    database.exec("BEGIN");
    // The first read takes the moment, BEGIN alone does not.
    database.prepare("SELECT count(*) FROM sqlite_schema").get();
    const pageBytes = Number(database.pragma("page_size", { simple: true }));
    const bytes = Number(database.pragma("page_count", { simple: true })) * pageBytes;
    return {
      database,
      bytes,
      copyTo: async (target, onPages) => {
        let left = bytes / pageBytes;
        await database.backup(target, {
          progress: ({ remainingPages }) => {
            onPages((left - remainingPages) * pageBytes);
            left = remainingPages;
            return pagesAtOnce;
          },
        });
        onPages(left * pageBytes);
        await chmod(target, 0o600);
      },
      close: () => database.close(),
    };
  } catch (error) {
    database.close();
    throw error;
  }
};

/**
 * Opens a copy that nobody else has open, as a single file without a write-ahead log beside it, and checks that SQLite
 * finds nothing wrong with it.
 * @throws {Error} naming what is wrong; SqliteError
 */
export const openCopy = (path: string): SqliteDatabase => {
  const database = new Database(path, { fileMustExist: true });
  try {
    database.pragma("journal_mode = DELETE");
    const verdict = String(database.pragma("integrity_check(1)", { simple: true }));
    if (verdict !== "ok") throw new Error(`${path}: ${verdict}`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
};
