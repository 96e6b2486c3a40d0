import { existsSync } from "node:fs";
import { chmod, copyFile, mkdir, readdir, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { MingchengError } from "@mingcheng/protocols";
import { alertsMigrations } from "../alerts/alerts-database.ts";
import { keysDirectory } from "../keys/key-files.ts";
import { ledgerMigrations } from "../ledger/ledger-schema.ts";
import { markRestored } from "../ledger/restore-mark.ts";
import { registerMigrations } from "../register/register-database.ts";
import { shelfMigrations } from "../reports/shelf/report-shelf.ts";
import { lockDataDirectory, restoringPath } from "../store/data-directory.ts";
import { type Migration, openForWriting } from "../store/database.ts";
import { type BackedUpFile, type BackupManifest, readManifest } from "./backup-manifest.ts";
import { fingerprintsOf, keyFiles } from "./centre-fingerprints.ts";
import { digestFile, syncPath } from "./durable-files.ts";

/** What to restore, and where to. */
export interface RestoreOptions {
  /** A backup as `backup` made it. */
  readonly from: string;
  /** A directory that is empty or does not exist. */
  readonly dataDirectory: string;
  /**
   * A directory of keys, when the backup has none of its own; `new` to go on without the old ones: every gateway has to be
   * enrolled again.
   */
  readonly keys: { readonly directory: string } | "new" | undefined;
  /** Centre's clock, milliseconds since 1970. */
  readonly nowMs: () => number;
  readonly onProgress: (done: number, all: number) => void;
}

/** What was restored. Times are ISO 8601, UTC. */
export interface Restored {
  readonly manifest: BackupManifest;
  readonly restoredAt: string;
}

const refuse = (message: string, field = "--data"): MingchengError =>
  new MingchengError("RESTORE_REFUSED", message, { field });

/** What a lock leaves in a directory is nothing. */
const isContent = (name: string): boolean => !name.startsWith("lock.db");

const requireEmpty = async (dataDirectory: string): Promise<void> => {
  const found = existsSync(dataDirectory) ? (await readdir(dataDirectory)).filter(isContent) : [];
  if (found.length === 0) return;
  throw refuse(`${dataDirectory} is not empty: ${found.slice(0, 3).join(", ")}`);
};

const layouts: Readonly<Record<string, readonly Migration[]>> = {
  "alerts.db": alertsMigrations,
  "ledger.db": ledgerMigrations,
  "register.db": registerMigrations,
  "reports.db": shelfMigrations,
};

const requireKnownLayouts = ({ files, software }: BackupManifest): void => {
  for (const { path, layout } of files) {
    if (layout === null) continue;
    const known = layouts[path];
    if (known === undefined) throw new MingchengError("BACKUP_DAMAGED", `${path} belongs to no backup`);
    if (layout <= known.length) continue;
    const detail = `${path}: layout ${layout}, this program knows ${known.length}; the backup was made by ${software}`;
    throw new MingchengError("STORE_TOO_NEW", detail);
  }
};

const ledgerFile = "ledger.db";

const requireWhole = ({ files }: BackupManifest): void => {
  for (const path of [ledgerFile, "register.db"]) {
    if (files.some((file) => file.path === path)) continue;
    throw new MingchengError("BACKUP_DAMAGED", `${path} is not in the backup`);
  }
};

/** The directory of keys that goes into the data directory; null for none. @throws {MingchengError} RESTORE_REFUSED */
const keysToUse = async ({ from, keys }: RestoreOptions, manifest: BackupManifest): Promise<string | null> => {
  if (keys === "new") return null;
  if (keys === undefined && !manifest.keysIncluded) {
    throw refuse("the backup has no private keys: name the directory that has them", "--keys");
  }
  const named = keys?.directory ?? from;
  const directory = existsSync(join(named, "keys")) ? join(named, "keys") : named;
  const found = await fingerprintsOf(directory);
  for (const name of ["receipt", "command", "manifest", "authority"] as const) {
    if (found[name] === manifest.centre[name]) continue;
    throw refuse(`${directory}: the ${name} key is not the one of this backup's centre`, "--keys");
  }
  return directory;
};

const copyChecked = async (source: string, target: string, file: BackedUpFile): Promise<void> => {
  try {
    await copyFile(source, target);
  } catch (cause) {
    const isMissing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    if (!isMissing) throw cause;
    throw new MingchengError("BACKUP_DAMAGED", `${source} is missing`, { cause });
  }
  await chmod(target, 0o600);
  const { bytes, sha256 } = await digestFile(target);
  if (bytes !== file.bytes || sha256 !== file.sha256) {
    throw new MingchengError("BACKUP_DAMAGED", `${source} is not what the manifest says`);
  }
};

const copyKeys = async (source: string, target: string): Promise<void> => {
  await mkdir(target, { mode: 0o700 });
  for (const name of await keyFiles(source)) {
    await copyFile(join(source, name), join(target, name));
    await chmod(join(target, name), 0o600);
    await syncPath(join(target, name));
  }
  await syncPath(target);
};

/** What was open at the time of the backup must not open anything now: sessions, and codes that were used since. */
const closeDoors = (path: string, nowMs: number): void => {
  const register = openForWriting({ path, migrations: registerMigrations });
  try {
    register
      .transaction(() => {
        register.exec("DELETE FROM session");
        register.prepare("UPDATE enrolment_code SET expires_ms = min(expires_ms, ?) WHERE used_ms IS NULL").run(nowMs);
      })
      .immediate();
  } finally {
    register.close();
  }
};

const markLedger = (path: string, fromMs: number, toMs: number): void => {
  const ledger = openForWriting({ path, migrations: ledgerMigrations });
  try {
    markRestored(ledger, { fromMs, toMs });
  } finally {
    ledger.close();
  }
};

const fill = async (work: string, keys: string | null, manifest: BackupManifest, options: RestoreOptions) => {
  const { from, nowMs, onProgress } = options;
  const databases = manifest.files.filter(({ layout }) => layout !== null);
  const all = databases.reduce((sum, { bytes }) => sum + bytes, 0);
  let done = 0;
  for (const file of databases) {
    await copyChecked(join(from, file.path), join(work, file.path), file);
    done += file.bytes;
    onProgress(done, all);
  }
  if (keys !== null) await copyKeys(keys, join(work, basename(keysDirectory(""))));
  const restoredMs = nowMs();
  closeDoors(join(work, "register.db"), restoredMs);
  markLedger(join(work, ledgerFile), Date.parse(manifest.takenAt), restoredMs);
  for (const { path } of databases) await syncPath(join(work, path));
  return restoredMs;
};

/** Moves everything from the place of work into the data directory, the mark of an unfinished restore going last. */
const settle = async (work: string, dataDirectory: string): Promise<void> => {
  for (const name of await readdir(work)) await rename(join(work, name), join(dataDirectory, name));
  await syncPath(dataDirectory);
  await rm(work, { recursive: true });
  await syncPath(dataDirectory);
};

/**
 * Makes a data directory from a backup. The ledger is marked: its next generation begins with the reason `restore`, and
 * the time between backup and restore is named as a gap. A start before all is in place is refused.
 * @throws {MingchengError} RESTORE_REFUSED, BACKUP_DAMAGED, STORE_TOO_NEW, DATA_DIRECTORY_LOCKED, KEY_INVALID
 */
export const restoreBackup = async (options: RestoreOptions): Promise<Restored> => {
  const { from, dataDirectory } = options;
  const manifest = await readManifest(from);
  requireWhole(manifest);
  requireKnownLayouts(manifest);
  const keys = await keysToUse(options, manifest);
  await requireEmpty(dataDirectory);
  const lock = await lockDataDirectory(dataDirectory);
  const work = restoringPath(dataDirectory);
  try {
    await requireEmpty(dataDirectory);
    await mkdir(work, { mode: 0o700 });
    await syncPath(dataDirectory);
    const restoredMs = await fill(work, keys, manifest, options).catch(async (error: unknown) => {
      // Nothing has left the place of work yet.
      await rm(work, { recursive: true, force: true });
      throw error;
    });
    await settle(work, dataDirectory);
    return { manifest, restoredAt: new Date(restoredMs).toISOString() };
  } finally {
    lock.release();
  }
};
