import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { MingchengError } from "@mingcheng/protocols";
import type BetterSqlite from "better-sqlite3";
import { Database } from "./sqlite-engine.ts";

/** Keeps a data directory for this process until closed. */
export interface DirectoryLock {
  release(): void;
}

/** While a restore fills a data directory this is in it: an interrupted one must not be taken for a centre. */
export const restoringPath = (dataDirectory: string): string => join(dataDirectory, "restoring");

const unusable = (path: string, cause: unknown): MingchengError => {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new MingchengError("LEDGER_UNAVAILABLE", `${path}: ${reason}`, { field: "--data", cause });
};

/**
 * Creates the data directory (0700) when missing and takes its lock, which the operating system releases with the
 * process, however that ends.
 * @throws {MingchengError} DATA_DIRECTORY_LOCKED; RESTORE_UNFINISHED; LEDGER_UNAVAILABLE when the directory cannot be used
 * at all
 */
export const lockDataDirectory = async (path: string): Promise<DirectoryLock> => {
  let lock: BetterSqlite.Database;
  try {
    await mkdir(path, { recursive: true, mode: 0o700 });
    lock = new Database(join(path, "lock.db"));
  } catch (cause) {
    throw unusable(path, cause);
  }
  try {
    lock.pragma("busy_timeout = 0");
    lock.pragma("locking_mode = EXCLUSIVE");
    lock.exec("BEGIN EXCLUSIVE");
  } catch (cause) {
    lock.close();
    if (!(cause instanceof Database.SqliteError && cause.code.startsWith("SQLITE_BUSY"))) throw unusable(path, cause);
    throw new MingchengError("DATA_DIRECTORY_LOCKED", path, { field: "--data", cause });
  }
  if (existsSync(restoringPath(path))) {
    lock.close();
    throw new MingchengError("RESTORE_UNFINISHED", path, { field: "--data" });
  }
  return { release: () => lock.close() };
};
