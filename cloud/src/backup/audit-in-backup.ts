import { join } from "node:path";
import { toHex } from "@mingcheng/protocols";
import { entryIn, type NotedHead } from "../audit/verify-audit.ts";
import { openForReading, type SqliteDatabase } from "../store/database.ts";
import type { FoundBackup } from "./backup-names.ts";

/**
 * The newest entry of the audit log in a backup: a head noted elsewhere, for a backup lies on another disk. Undefined where the
 * backup holds none. Nothing of the backup is changed.
 * @throws SqliteError when it cannot be read
 */
export const headInBackup = (backup: string): NotedHead | undefined => {
  const register = openForReading(join(backup, "register.db"));
  try {
    const has = register.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'audit_entry'").get() !== undefined;
    const newest = has ? register.prepare("SELECT n, h FROM audit_entry ORDER BY n DESC LIMIT 1").get() : undefined;
    if (newest === undefined) return undefined;
    const { n, h } = newest as { n: number; h: Buffer };
    return { n, h: toHex(h) };
  } finally {
    register.close();
  }
};

/** When the data directory was last made from a backup, as its audit log says; undefined: never. */
const restoredMs = (register: SqliteDatabase): number | undefined => {
  const bytes = register
    .prepare(
      `SELECT bytes FROM audit_entry WHERE bytes IS NOT NULL AND CAST(bytes AS TEXT) LIKE '%"action":"centre.restored"%'
       ORDER BY n DESC LIMIT 1`,
    )
    .pluck()
    .get() as Buffer | undefined;
  const entry = bytes === undefined ? undefined : entryIn(bytes);
  return entry === undefined ? undefined : Date.parse(entry.at);
};

/**
 * The first of `backups` (oldest first) whose audit log the present one does not continue: somebody has put the register back to
 * an earlier state. Backups from before a restore that the log itself names are passed over. Undefined: all is well.
 * @throws SqliteError when a backup cannot be read
 */
export const discontinuedBackup = (
  register: SqliteDatabase,
  backups: readonly FoundBackup[],
): FoundBackup | undefined => {
  const since = restoredMs(register) ?? Number.NEGATIVE_INFINITY;
  const hashOf = register.prepare("SELECT lower(hex(h)) FROM audit_entry WHERE n = ?").pluck();
  return backups.find(({ path, manifest }) => {
    if (Date.parse(manifest.takenAt) <= since) return false;
    const head = headInBackup(path);
    return head !== undefined && hashOf.get(head.n) !== head.h;
  });
};
