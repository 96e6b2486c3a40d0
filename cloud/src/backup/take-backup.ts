import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, statfs } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { MingchengError } from "@mingcheng/protocols";
import { nodeCrypto } from "../crypto/node-crypto.ts";
import { keysDirectory } from "../keys/key-files.ts";
import { software } from "../software.ts";
import {
  type BackedUpFile,
  type BackupManifest,
  backedUpDatabases,
  backupManifestSchema,
  manifestName,
} from "./backup-manifest.ts";
import { unfinishedPath } from "./backup-names.ts";
import { fingerprintsOf, keyFiles } from "./centre-fingerprints.ts";
import { checkLedgerCopy, type LedgerCheck } from "./check-ledger-copy.ts";
import { type DatabaseMoment, openCopy, takeMoment } from "./database-moment.ts";
import { digestFile, syncPath, writeNewFile } from "./durable-files.ts";

/** What a backup is doing, for people who wait. */
export type BackupPhase = "copy" | "check";

/** What to back up, and how. */
export interface BackupOptions {
  readonly dataDirectory: string;
  /** The backup itself: a directory that does not exist yet, below one that does or can be made. */
  readonly target: string;
  /** Private keys, too. */
  readonly includeKeys: boolean;
  /** Centre's clock, milliseconds since 1970. */
  readonly nowMs: () => number;
  readonly random: () => number;
  /** Called after every MiB copied or checked; what it waits for holds up the copy. Bytes. */
  readonly onProgress: (phase: BackupPhase, done: number, all: number) => void;
}

/** A backup that was taken. */
export interface TakenBackup {
  readonly path: string;
  readonly manifest: BackupManifest;
  /** In all. */
  readonly bytes: number;
}

type Name = (typeof backedUpDatabases)[number];
type Moments = ReadonlyMap<Name, DatabaseMoment>;

/** Room that is left over, for journals and the manifest. */
const spareBytes = 16 * 1024 * 1024;

/**
 * Moments of all databases, one right after the other and in the order that makes them fit: alerts never know of a record
 * that the ledger does not have, no more do reports, and the ledger never has a record whose gateway the register does not know.
 */
const takeMoments = (dataDirectory: string): Moments => {
  const moments = new Map<Name, DatabaseMoment>();
  try {
    for (const name of backedUpDatabases) {
      const path = join(dataDirectory, `${name}.db`);
      // A centre that never got as far as its first rule or report has none; without the others there is no centre.
      if ((name === "alerts" || name === "reports") && !existsSync(path)) continue;
      moments.set(name, takeMoment(path));
    }
    return moments;
  } catch (error) {
    for (const moment of moments.values()) moment.close();
    throw error;
  }
};

const checkRoom = async (directory: string, neededBytes: number): Promise<void> => {
  const { bavail, bsize } = await statfs(directory);
  const mib = (bytes: number): number => Math.ceil(bytes / 1_048_576);
  if (bavail * bsize >= neededBytes) return;
  throw new Error(`${directory}: ${mib(neededBytes)} MiB are needed, ${mib(bavail * bsize)} MiB are free`);
};

interface Copied {
  readonly files: readonly BackedUpFile[];
  readonly ledger: LedgerCheck;
}

const copyDatabases = async (moments: Moments, work: string, options: BackupOptions): Promise<Copied> => {
  const { onProgress, random } = options;
  const all = [...moments.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  let copied = 0;
  for (const [name, moment] of moments) {
    await moment.copyTo(join(work, `${name}.db`), (bytes) => {
      copied += bytes;
      onProgress("copy", copied, all);
    });
    // As early as can be: while it is held, the write-ahead log grows.
    moment.close();
  }
  const files: BackedUpFile[] = [];
  let ledger: LedgerCheck | undefined;
  let checked = 0;
  for (const name of moments.keys()) {
    const path = `${name}.db`;
    const copy = openCopy(join(work, path));
    let layout: number;
    try {
      if (name === "ledger") ledger = checkLedgerCopy(copy, { sha256: nodeCrypto.sha256, random });
      layout = Number(copy.pragma("user_version", { simple: true }));
    } finally {
      copy.close();
    }
    await syncPath(join(work, path));
    const digest = await digestFile(join(work, path), (bytes) => {
      checked += bytes;
      onProgress("check", checked, all);
    });
    files.push({ path, ...digest, layout });
  }
  if (ledger === undefined) throw new Error("there is no ledger");
  return { files, ledger };
};

const copyKeys = async (keys: string, work: string): Promise<BackedUpFile[]> => {
  await mkdir(join(work, "keys"), { mode: 0o700 });
  const files: BackedUpFile[] = [];
  for (const name of await keyFiles(keys)) {
    const path = `keys/${name}`;
    await writeNewFile(join(work, path), await readFile(join(keys, name)));
    files.push({ path, ...(await digestFile(join(work, path))), layout: null });
  }
  await syncPath(join(work, "keys"));
  return files;
};

const fill = async (work: string, options: BackupOptions): Promise<BackupManifest> => {
  const { dataDirectory, includeKeys, nowMs } = options;
  const keys = keysDirectory(dataDirectory);
  const centre = await fingerprintsOf(keys);
  // Before the moments: nothing that is receipted earlier can be missing.
  const takenAt = new Date(nowMs()).toISOString();
  const moments = takeMoments(dataDirectory);
  try {
    const bytes = [...moments.values()].reduce((sum, moment) => sum + moment.bytes, 0);
    await checkRoom(work, bytes + spareBytes);
    const { files, ledger } = await copyDatabases(moments, work, options);
    const { gen, lsn, records, spans } = ledger;
    const keyCopies = includeKeys ? await copyKeys(keys, work) : [];
    return backupManifestSchema.parse({
      format: "mingcheng-backup",
      v: 1,
      takenAt,
      finishedAt: new Date(nowMs()).toISOString(),
      software,
      ledger: { gen, lsn },
      centre,
      keysIncluded: includeKeys,
      checked: { records, spans },
      files: [...files, ...keyCopies],
    } satisfies BackupManifest);
  } finally {
    for (const moment of moments.values()) moment.close();
  }
};

const failed = (target: string, cause: unknown): MingchengError => {
  if (cause instanceof MingchengError) return cause;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new MingchengError("BACKUP_FAILED", `${target}: ${reason}`, { field: "--out", cause });
};

/**
 * Takes a backup of a data directory, whether its centre runs or not. It is checked before it gets its name, and gets its
 * name only when all of it is durable; what fails leaves nothing behind.
 * @throws {MingchengError} BACKUP_FAILED saying why; KEY_INVALID when the centre's keys cannot be read
 */
export const takeBackup = async (options: BackupOptions): Promise<TakenBackup> => {
  const target = resolve(options.target);
  const work = unfinishedPath(target, randomBytes(4).toString("hex"));
  try {
    if (existsSync(target)) throw new Error("it exists already");
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await mkdir(work, { mode: 0o700 });
    const manifest = await fill(work, options);
    await writeNewFile(join(work, manifestName), `${JSON.stringify(manifest, null, 2)}\n`);
    await syncPath(work);
    await rename(work, target);
    await syncPath(dirname(target));
    return { path: target, manifest, bytes: manifest.files.reduce((sum, { bytes }) => sum + bytes, 0) };
  } catch (error) {
    await rm(work, { recursive: true, force: true });
    throw failed(target, error);
  }
};
