import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { alertsMigrations } from "../../alerts/alerts-database.ts";
import type { SqliteDatabase } from "../../store/database.ts";
import { Database } from "../../store/sqlite-engine.ts";
import type { Observation } from "../observation.ts";
import { SeriesStore } from "./series-store.ts";

const freshDatabase = (): SqliteDatabase => {
  const database = new Database(":memory:");
  for (const migration of alertsMigrations) migration(database);
  return database;
};

interface Said {
  readonly rule: string;
  readonly group: string;
  readonly holds: boolean;
  readonly line: number;
  readonly boot: number;
  readonly site: string;
}

/** The record with the ledger number `lsn`, which is a second later than the one before. */
const observationOf = ({ rule, group, holds, boot, site }: Said, lsn: number): Observation => ({
  ...{ rule, role: "match", groupKey: group, labels: { said: String(lsn) }, identity: group, holds, value: null },
  ...{ joinKey: "", gw: "gw", dev: "scale", site, lsn, salt: "", boot: `boot ${boot}`, rank: 2 },
  // The clock of the second boot began anew.
  ...{
    monoMs: lsn * 1000 + (boot === 1 ? 1_000_000 : 0),
    wallMs: lsn * 1000,
    receivedMs: lsn * 1000,
    atMs: lsn * 1000,
  },
});

const said = fc.record({
  rule: fc.constantFrom("a", "b"),
  group: fc.constantFrom("1", "2"),
  holds: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  line: fc.oneof({ weight: 9, arbitrary: fc.constant(1) }, fc.constant(2)),
  boot: fc.oneof({ weight: 9, arbitrary: fc.constant(1) }, fc.constant(2)),
  site: fc.oneof({ weight: 9, arbitrary: fc.constant("here") }, fc.constant("there")),
});
const acts = fc.array(
  fc.oneof(
    {
      weight: 12,
      arbitrary: fc.record({ act: fc.constant("say" as const), said: fc.array(said, { minLength: 2, maxLength: 6 }) }),
    },
    // The end of the process: in the midst of a transaction, or between two.
    { weight: 2, arbitrary: fc.record({ act: fc.constant("die" as const), said: fc.array(said, { maxLength: 3 }) }) },
    { weight: 1, arbitrary: fc.record({ act: fc.constant("withdraw" as const), line: fc.constantFrom(1, 2) }) },
    { weight: 1, arbitrary: fc.record({ act: fc.constant("retime" as const), boot: fc.constantFrom(1, 2) }) },
    { weight: 1, arbitrary: fc.record({ act: fc.constant("remove" as const), rule: fc.constantFrom("a", "b") }) },
  ),
  { maxLength: 30, size: "max" },
);

/** What counts of a series: while nothing holds its labels need not be the latest. */
const told = ({ labels, ...rest }: Observation): unknown => (rest.holds ? { labels, ...rest } : rest);

class Model {
  readonly series = new Map<
    string,
    { readonly observation: Observation; readonly line: number; readonly boot: number }
  >();

  put(one: Said, lsn: number): void {
    const observation = observationOf(one, lsn);
    this.series.set(`${one.rule} ${one.group}`, { observation, line: one.line, boot: one.boot });
  }

  seen(): unknown {
    return [...this.series]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, { observation, line, boot }]) => [key, told(observation), line, boot]);
  }
}

/** What a store says of every line and boot, and of each series. */
const seenIn = (store: SeriesStore): unknown =>
  [1, 2]
    .flatMap((line) => store.ofLine(line).map((row) => ({ ...row, line })))
    .map(({ rule, groupKey, observation, line }) => {
      const known = store.get(rule, groupKey);
      expect([known?.holds, known?.latest.lsn, known?.latest.atMs]).toEqual([
        observation.holds,
        observation.lsn,
        observation.atMs,
      ]);
      return [`${rule} ${groupKey}`, told(observation), line, known?.boot] as const;
    })
    .sort(([a], [b]) => (a < b ? -1 : 1));

describe("the latest observations of groups", () => {
  it("are the same whether rows or the journal tell them, and after any end (property)", () => {
    let behind = 0;
    fc.assert(
      fc.property(acts, (all) => {
        const database = freshDatabase();
        let store = new SeriesStore(database);
        const model = new Model();
        let lsn = 0;
        for (const one of all) {
          database.exec("BEGIN IMMEDIATE");
          if (one.act === "say" || one.act === "die") {
            for (const next of one.said) {
              store.put(observationOf(next, ++lsn), { ...next, dueMs: next.holds ? lsn : null });
              if (one.act === "say") model.put(next, lsn);
            }
          } else if (one.act === "withdraw") {
            store.remove(store.ofLine(one.line));
            for (const [key, { line }] of model.series) if (line === one.line) model.series.delete(key);
          } else if (one.act === "remove") {
            store.removeRule(one.rule);
            for (const key of model.series.keys()) if (key.startsWith(one.rule)) model.series.delete(key);
          } else {
            for (const row of store.ofBoot(one.boot)) {
              store.retime(row, { ...row.observation, atMs: row.observation.atMs + 7 }, row.dueMs);
            }
            for (const [key, { observation, ...rest }] of model.series) {
              if (rest.boot !== one.boot) continue;
              model.series.set(key, { ...rest, observation: { ...observation, atMs: observation.atMs + 7 } });
            }
          }
          store.flush();
          if (one.act === "die") {
            database.exec("ROLLBACK; BEGIN IMMEDIATE");
            store = new SeriesStore(database);
          }
          database.exec("COMMIT");
          behind += database.prepare("SELECT count(*) FROM series_journal").pluck().get() as number;
          expect(seenIn(store)).toEqual(model.seen());
        }
        store = new SeriesStore(database);
        expect(seenIn(store)).toEqual(model.seen());
        database.close();
      }),
      { numRuns: 100 },
    );
    // Otherwise the journal was never asked.
    expect(behind).toBeGreaterThan(500);
  });

  it("do not let the journal grow without end", () => {
    const database = freshDatabase();
    const store = new SeriesStore(database, 1_000);
    const groups = Array.from({ length: 10 }, (_, index) => String(index));
    let lsn = 0;
    const sayAll = (): void => {
      database.exec("BEGIN IMMEDIATE");
      for (const group of groups) {
        const one = { rule: "a", group, holds: false, line: 1, boot: 1, site: "here" };
        store.put(observationOf(one, ++lsn), { ...one, dueMs: null });
      }
      store.flush();
      database.exec("COMMIT");
    };
    const rows = (): number => database.prepare("SELECT count(*) FROM series_journal").pluck().get() as number;
    let most = 0;
    for (let round = 0; round < 400; round++) {
      sayAll();
      most = Math.max(most, rows());
    }
    // A thousand entries are 100 rows of ten; every fiftieth transaction drops what is not needed any more.
    expect(most).toBeGreaterThan(80);
    expect(most).toBeLessThanOrEqual(160);
    expect(seenIn(new SeriesStore(database))).toHaveLength(10);
    database.close();
  });
});
