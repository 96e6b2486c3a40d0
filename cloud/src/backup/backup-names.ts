import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { type BackupManifest, readManifest } from "./backup-manifest.ts";

/** A whole backup in a directory of backups. */
export interface FoundBackup {
  readonly path: string;
  readonly manifest: BackupManifest;
}

const prefix = "mingcheng-";
const unfinished = ".unfinished";
const namePattern = /^mingcheng-\d{8}T\d{9}Z$/;
/** An unfinished backup in which nothing was written for so long is nobody's work any more. */
const abandonedAfterMs = 24 * 3_600_000;

/** Name of a backup taken at that time: sorts by time, good on every file system. */
export const backupName = (atMs: number): string => `${prefix}${new Date(atMs).toISOString().replaceAll(/[-:.]/g, "")}`;

/** Where a backup grows before it has its name. */
export const unfinishedPath = (final: string, mark: string): string => `${final}.${mark}${unfinished}`;

/** The whole backups in a directory, oldest first. What is not named like one, or has no manifest, is passed over. */
export const findBackups = async (directory: string): Promise<FoundBackup[]> => {
  const found: FoundBackup[] = [];
  for (const name of (await readdir(directory)).filter((each) => namePattern.test(each)).sort()) {
    const path = join(directory, name);
    try {
      found.push({ path, manifest: await readManifest(path) });
    } catch {
      // Not whole: whoever looks for a backup must not find this one.
    }
  }
  return found;
};

/** Removes all but the newest `keep` backups, and unfinished ones that were given up. Returns what went. */
export const thinOut = async (directory: string, keep: number, nowMs: number): Promise<string[]> => {
  const gone = (await findBackups(directory)).slice(0, -keep).map(({ path }) => path);
  for (const name of await readdir(directory)) {
    const path = join(directory, name);
    if (!(name.startsWith(prefix) && name.endsWith(unfinished))) continue;
    const newestMs = Math.max(
      ...(await Promise.all(
        [path, ...(await readdir(path)).map((inside) => join(path, inside))].map(
          async (each) => (await stat(each)).mtimeMs,
        ),
      )),
    );
    if (nowMs - newestMs > abandonedAfterMs) gone.push(path);
  }
  for (const path of gone) await rm(path, { recursive: true, force: true });
  return gone;
};
