import type { Migration, SqliteDatabase } from "../store/database.ts";

/**
 * A gap in time: the ledger is a copy taken at `from_ms` that was put in place at `to_ms`. Of what was receipted between,
 * only what gateways still speak of can be named by number. `gen`: the generation that began with it; null until then.
 */
export const restoreTable: Migration = (database) => {
  database.exec(`
    CREATE TABLE restore (
      id INTEGER PRIMARY KEY, from_ms INTEGER NOT NULL, to_ms INTEGER NOT NULL, lsn INTEGER NOT NULL, gen TEXT) STRICT;
  `);
};

/** A gap in time, milliseconds since 1970. */
export interface RestoreGap {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Notes that this file is a copy: the next generation begins with a restore. */
export const markRestored = (database: SqliteDatabase, { fromMs, toMs }: RestoreGap): void => {
  database
    .prepare("INSERT INTO restore (from_ms, to_ms, lsn) SELECT ?, ?, coalesce(max(lsn), 0) FROM record")
    .run(fromMs, toMs);
};

/** Why the generation `gen` begins. Call in the transaction that writes it down. */
export const reasonToBegin = (database: SqliteDatabase, gen: string): "start" | "restore" =>
  database.prepare("UPDATE restore SET gen = ? WHERE gen IS NULL").run(gen).changes > 0 ? "restore" : "start";

/** The newest restore of which nothing was reported about this gateway yet, with the generation that began with it. */
export const unreportedRestore = (
  database: SqliteDatabase,
  gw: string,
): (RestoreGap & { readonly gen: string | null }) | undefined =>
  database
    .prepare(
      `SELECT from_ms AS fromMs, to_ms AS toMs, gen FROM restore
       WHERE id = (SELECT max(id) FROM restore) AND NOT EXISTS (
         SELECT 1 FROM report WHERE report.gw = ? AND report.kind = 'restore' AND report.at_ms >= restore.to_ms)`,
    )
    .get(gw) as (RestoreGap & { gen: string | null }) | undefined;

/** Whether anything of a gateway had been heard before that time, milliseconds since 1970. */
export const wasKnownBefore = (database: SqliteDatabase, gw: string, ms: number): boolean =>
  database.prepare("SELECT 1 FROM line WHERE gw = ? AND first_seen_ms < ? LIMIT 1").get(gw, ms) !== undefined;
