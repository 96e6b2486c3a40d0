import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { MingchengError } from "@mingcheng/protocols";
import { z } from "zod";

/** Name of the manifest inside a backup. Written last: a directory without it is no backup. */
export const manifestName = "manifest.json";

/** Databases that cannot be made again, in the order in which their moments are taken. `projections.db` can be. */
export const backedUpDatabases = ["reports", "alerts", "ledger", "register"] as const;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const fileSchema = z.strictObject({
  /** Inside the backup, `/` between the parts. */
  path: z.string().regex(/^(?:keys\/)?[a-z0-9][a-z0-9.-]*$/),
  bytes: z.int().nonnegative(),
  sha256,
  /** Version of a database's layout; null for a key. */
  layout: z.int().nonnegative().nullable(),
});

/** What a backup says of itself. Times are ISO 8601, UTC. */
export const backupManifestSchema = z.strictObject({
  format: z.literal("mingcheng-backup"),
  v: z.literal(1),
  /** What is receipted before this moment is in the backup. */
  takenAt: z.iso.datetime({ precision: 3 }),
  finishedAt: z.iso.datetime({ precision: 3 }),
  software: z.string().max(128),
  ledger: z.strictObject({
    /** Newest generation; null when the ledger was never started. */
    gen: z.string().nullable(),
    /** Largest ledger number. */
    lsn: z.int().nonnegative(),
  }),
  /** SHA-256 of each public key and of the authority's certificate: which keys belong to this backup. */
  centre: z.strictObject({ receipt: sha256, command: sha256, manifest: sha256, authority: sha256 }),
  keysIncluded: z.boolean(),
  checked: z.strictObject({
    /** Records held against their digests. */
    records: z.int().nonnegative(),
    /** Stretches of chains calculated again up to a seal. */
    spans: z.int().nonnegative(),
  }),
  files: z.array(fileSchema).max(64),
});

/** What a backup says of itself. */
export type BackupManifest = z.output<typeof backupManifestSchema>;

/** One file of a backup. */
export type BackedUpFile = BackupManifest["files"][number];

/** Which keys a centre has. */
export type CentreFingerprints = BackupManifest["centre"];

/** @throws {MingchengError} BACKUP_DAMAGED when there is no manifest, or one that cannot be read */
export const readManifest = async (backup: string): Promise<BackupManifest> => {
  const path = join(backup, manifestName);
  try {
    return backupManifestSchema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch (cause) {
    const reason =
      cause instanceof z.ZodError
        ? `${cause.issues[0]?.path.join(".") ?? ""}: ${cause.issues[0]?.message ?? ""}`
        : cause instanceof Error
          ? cause.message
          : String(cause);
    throw new MingchengError("BACKUP_DAMAGED", `${path}: ${reason}`, { field: "--from", cause });
  }
};
