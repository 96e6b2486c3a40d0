import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { MingchengError } from "@mingcheng/protocols";
import Database from "better-sqlite3";

/** Keeps a data directory for this process until closed. */
export interface DirectoryLock {
  release(): void;
}

/**
 * Creates the data directory (0700) when missing and takes its lock, which the operating system releases with the
 * process, however that ends.
 * @throws {MingchengError} DATA_DIRECTORY_LOCKED
 */
export const lockDataDirectory = async (path: string): Promise<DirectoryLock> => {
  await mkdir(path, { recursive: true, mode: 0o700 });
  const lock = new Database(join(path, "lock.db"));
  try {
    lock.pragma("busy_timeout = 0");
    lock.pragma("locking_mode = EXCLUSIVE");
    lock.exec("BEGIN EXCLUSIVE");
  } catch (cause) {
    lock.close();
    throw new MingchengError("DATA_DIRECTORY_LOCKED", path, { field: "--data", cause });
  }
  return { release: () => lock.close() };
};
