import { existsSync } from "node:fs";
import { join } from "node:path";
import { alertsMigrations, alertsPath } from "../alerts/alerts-database.ts";
import { ledgerMigrations } from "../ledger/ledger-schema.ts";
import { markRestored, type RestoreGap } from "../ledger/restore-mark.ts";
import { openForWriting, type SqliteDatabase } from "../store/database.ts";
import { projectionsMigrations } from "../store/projections-database.ts";
import { ledgerPath } from "../store/store-paths.ts";

type Migrations = Parameters<typeof openForWriting>[0]["migrations"];

const change = <Result>(path: string, migrations: Migrations, body: (database: SqliteDatabase) => Result): Result => {
  const database = openForWriting({ path, migrations });
  try {
    return database.transaction(() => body(database)).immediate();
  } finally {
    database.close();
  }
};

/** Runs over a database that is there; undefined when it is not. */
const within = <Result>(
  path: string,
  migrations: Migrations,
  body: (database: SqliteDatabase) => Result,
): Result | undefined => {
  return existsSync(path) ? change(path, migrations, body) : undefined;
};

/** Cursors of followers themselves: those of erasures count something else. */
const furthest = (database: SqliteDatabase): number =>
  Number(
    database.prepare("SELECT coalesce(max(lsn), 0) FROM cursor WHERE name NOT LIKE '%-erasures'").pluck().get() ?? 0,
  );

const newest = (database: SqliteDatabase): { readonly head: number; readonly lastMs: number } =>
  database
    .prepare("SELECT coalesce(max(lsn), 0) AS head, coalesce(max(received_ms), 0) AS lastMs FROM record")
    .get() as {
    head: number;
    lastMs: number;
  };

/** What is made from the ledger is made again; erasures are followed from their first. */
const startOver = (database: SqliteDatabase): void => {
  database.exec("UPDATE cursor SET version = -1; UPDATE cursor SET lsn = 0 WHERE name LIKE '%-erasures'");
};

/** Rules go on behind what the ledger has: what comes again is judged again, and known by its identity. */
const goOnFrom = (head: number) => (database: SqliteDatabase) => {
  database.prepare("UPDATE cursor SET lsn = min(lsn, ?) WHERE name NOT LIKE '%-erasures'").run(head);
  database.exec("UPDATE cursor SET lsn = 0 WHERE name LIKE '%-erasures'");
  database.prepare("UPDATE meta SET value = min(value, ?) WHERE name IN ('past_lsn', 'judged_lsn')").run(head);
};

/**
 * Sees whether somebody put an older copy in the ledger's place without `mingcheng-cloud restore`: a follower has then taken
 * in more than there is. The ledger notes the restore, a gap in time from its newest record until now, and the followers
 * give up what is not there any more. To be called before anything writes; undefined when all is well.
 * @throws {MingchengError} STORE_TOO_NEW; SqliteError when a store cannot be opened now
 */
export const settleOlderLedger = (dataDirectory: string, nowMs: number): RestoreGap | undefined => {
  const projections = join(dataDirectory, "projections.db");
  const alerts = alertsPath(dataDirectory);
  const taken = Math.max(
    within(projections, projectionsMigrations, furthest) ?? 0,
    within(alerts, alertsMigrations, furthest) ?? 0,
  );
  const ledger = ledgerPath(dataDirectory);
  const { head, lastMs } = within(ledger, ledgerMigrations, newest) ?? { head: 0, lastMs: 0 };
  if (taken <= head) return undefined;
  const gap = { fromMs: lastMs, toMs: nowMs };
  // The ledger first: interrupted in between, the next start notes it once more and goes on.
  change(ledger, ledgerMigrations, (database) => markRestored(database, gap));
  within(alerts, alertsMigrations, goOnFrom(head));
  within(projections, projectionsMigrations, startOver);
  return gap;
};
