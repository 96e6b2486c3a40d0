import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { alertsMigrations, alertsPath } from "../alerts/alerts-database.ts";
import { ledgerMigrations } from "../ledger/ledger-schema.ts";
import { openForWriting, type SqliteDatabase } from "../store/database.ts";
import { projectionsMigrations } from "../store/projections-database.ts";
import { ledgerPath } from "../store/store-paths.ts";
import { settleOlderLedger } from "./older-ledger.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "mingcheng-older-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const lastMs = 1_795_000_000_000;
const nowMs = lastMs + 60_000;

const inDatabase = <Result>(
  path: string,
  migrations: Parameters<typeof openForWriting>[0]["migrations"],
  body: (database: SqliteDatabase) => Result,
): Result => {
  const database = openForWriting({ path, migrations });
  const result = body(database);
  database.close();
  return result;
};

const inLedger = <Result>(body: (database: SqliteDatabase) => Result) =>
  inDatabase(ledgerPath(directory), ledgerMigrations, body);

/** A ledger of five records, followers that have taken in so many, and as many erasures. */
const setUp = (taken: number): void => {
  inLedger((database) => {
    database.exec(`INSERT INTO line (gw, ep, eid, first_seen_ms) VALUES ('market-a', 1, '${"ab".repeat(16)}', 1)`);
    const insert = database.prepare("INSERT INTO record VALUES (?, 1, ?, 0, ?, x'00', x'7b7d')");
    for (let seq = 1; seq <= 5; seq++) insert.run(seq, seq, lastMs - 5 + seq);
  });
  const cursors = (name: string) => (database: SqliteDatabase) => {
    database.exec(`INSERT INTO cursor VALUES ('${name}', 1, ${taken}), ('${name}-erasures', 1, 900)`);
  };
  inDatabase(join(directory, "projections.db"), projectionsMigrations, cursors("readings"));
  inDatabase(alertsPath(directory), alertsMigrations, (database) => {
    cursors("rules")(database);
    database.exec(`INSERT INTO meta VALUES ('judged_lsn', ${taken}), ('past_lsn', 2), ('other', 700)`);
  });
};

const cursorsIn = (database: SqliteDatabase) =>
  database.prepare("SELECT name, version, lsn FROM cursor ORDER BY name").all();

describe("a ledger that is an older copy", () => {
  it("is noticed by what followers have taken in, noted as a restore, and followed anew", () => {
    setUp(8);
    expect(settleOlderLedger(directory, nowMs)).toEqual({ fromMs: lastMs, toMs: nowMs });
    const restores = () => inLedger((database) => database.prepare("SELECT from_ms, to_ms, gen FROM restore").all());
    expect(restores()).toEqual([{ from_ms: lastMs, to_ms: nowMs, gen: null }]);
    expect(inDatabase(join(directory, "projections.db"), projectionsMigrations, cursorsIn)).toEqual([
      { name: "readings", version: -1, lsn: 8 },
      { name: "readings-erasures", version: -1, lsn: 0 },
    ]);
    inDatabase(alertsPath(directory), alertsMigrations, (database) => {
      expect(cursorsIn(database)).toEqual([
        { name: "rules", version: 1, lsn: 5 },
        { name: "rules-erasures", version: 1, lsn: 0 },
      ]);
      expect(database.prepare("SELECT name, value FROM meta ORDER BY name").raw().all()).toEqual([
        ["judged_lsn", 5],
        ["other", 700],
        ["past_lsn", 2],
      ]);
    });
  });

  it("is not seen where followers stand at its end, behind it, or are not there", () => {
    setUp(5);
    expect(settleOlderLedger(directory, nowMs)).toBeUndefined();
    rmSync(join(directory, "projections.db"));
    expect(settleOlderLedger(directory, nowMs)).toBeUndefined();
    expect(inLedger((database) => database.prepare("SELECT count(*) FROM restore").pluck().get())).toBe(0);
  });

  it("is seen where there is none at all any more", () => {
    setUp(5);
    rmSync(ledgerPath(directory));
    expect(settleOlderLedger(directory, nowMs)).toEqual({ fromMs: 0, toMs: nowMs });
  });
});
