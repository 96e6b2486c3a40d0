import type { Migration, SqliteDatabase } from "../store/database.ts";
import type { HeldThing } from "./hold-book.ts";
import type { ErasureDecision } from "./record-eraser.ts";

/** Lets alerts that ended long ago go, with their history; their ids, rules and times stay. */
export const erasedAlertTables: Migration = (database) => {
  database.exec(`
    CREATE TABLE erased_alert (
      id TEXT PRIMARY KEY, rule TEXT NOT NULL, started_ms INTEGER NOT NULL, ended_ms INTEGER NOT NULL,
      reason TEXT NOT NULL, by TEXT NOT NULL, at_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TRIGGER erased_alert_stays BEFORE DELETE ON erased_alert
      BEGIN SELECT RAISE(ABORT, 'what was erased stays named'); END;
    CREATE TRIGGER erased_alert_same BEFORE UPDATE ON erased_alert
      BEGIN SELECT RAISE(ABORT, 'what was erased stays named'); END;
    DROP TRIGGER history_kept;
    CREATE TRIGGER history_kept BEFORE DELETE ON history
      WHEN NOT EXISTS (SELECT 1 FROM erased_alert WHERE erased_alert.id = OLD.alert)
      BEGIN SELECT RAISE(ABORT, 'history is append-only'); END;
  `);
};

interface DueAlert {
  readonly id: string;
  readonly gw: string;
  readonly dev: string;
  readonly startedMs: number;
  readonly endedMs: number;
}

/** Alerts that ended before the given time, and how many of them are under a hold. */
export const dueAlerts = (
  alerts: SqliteDatabase,
  olderThanMs: number,
  isHeld: (thing: HeldThing) => boolean,
): { readonly due: readonly string[]; readonly held: number } => {
  const rows = alerts
    .prepare(
      `SELECT id, gw, dev, started_ms AS startedMs, ended_ms AS endedMs FROM alert
       WHERE ended_ms IS NOT NULL AND ended_ms < ? ORDER BY ended_ms`,
    )
    .all(olderThanMs) as DueAlert[];
  const free = rows.filter(
    ({ gw, dev, startedMs, endedMs }) => !isHeld({ gw, dev: dev === "" ? null : dev, timesMs: [startedMs, endedMs] }),
  );
  return { due: free.map(({ id }) => id), held: rows.length - free.length };
};

/** Tables whose rows belong to an alert. */
const dependents = (alerts: SqliteDatabase): { readonly table: string; readonly column: string }[] =>
  alerts
    .prepare(
      `SELECT m.name AS "table", f."from" AS "column" FROM sqlite_schema AS m, pragma_foreign_key_list(m.name) AS f
       WHERE m.type = 'table' AND f."table" = 'alert'`,
    )
    .all() as { table: string; column: string }[];

/** Erases alerts with everything that belongs to them. Call in a transaction. */
export const eraseAlerts = (
  alerts: SqliteDatabase,
  ids: readonly string[],
  { reason, by, atMs }: ErasureDecision,
): number => {
  const note = alerts.prepare(
    `INSERT INTO erased_alert (id, rule, started_ms, ended_ms, reason, by, at_ms)
     SELECT id, rule, started_ms, ended_ms, ?, ?, ? FROM alert WHERE id = ? AND ended_ms IS NOT NULL`,
  );
  const parts = dependents(alerts).map(({ table, column }) =>
    alerts.prepare(`DELETE FROM "${table}" WHERE "${column}" = ?`),
  );
  const remove = alerts.prepare("DELETE FROM alert WHERE id = ?");
  let erased = 0;
  for (const id of ids) {
    if (note.run(reason, by, atMs, id).changes === 0) continue;
    for (const part of parts) part.run(id);
    erased += remove.run(id).changes;
  }
  return erased;
};
