import type BetterSqlite from "better-sqlite3";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { committed, MemoryLedgerReader, sampleNowMs, sampleRecord, weighingOf } from "../../test/memory-ledger.ts";
import type { LedgerRecord, LiveLaneReader } from "../ledger/ledger-reader.ts";
import { timeOnly } from "../rules/decode-kinds.ts";
import { Database } from "../store/sqlite-engine.ts";
import { cursorMigration } from "./cursor-store.ts";
import { type DecodedLedgerRecord, decodeLedgerRecord } from "./decoded-record.ts";
import type { Follower, Refused } from "./follower.ts";
import { LiveFirstRunner } from "./live-first-runner.ts";

class TwoLanes extends MemoryLedgerReader implements LiveLaneReader {
  add(lane: LedgerRecord["lane"]): void {
    const seq = this.records.length + 1;
    const record = sampleRecord({ kind: "weighing", body: weighingOf("500"), seq, n: seq });
    this.append(committed(record, sampleNowMs, { lane }));
  }

  readLiveAfter(lsn: number, limit: number): readonly LedgerRecord[] {
    return this.records.filter((record) => record.lane === "live" && record.lsn > lsn).slice(0, limit);
  }
}

/** Notes every record that takes effect, in its order; `trouble` may refuse a whole batch as the store does. */
class Noting implements Follower {
  readonly name = "noting";
  version = 1;
  readonly database: BetterSqlite.Database;
  trouble: () => void = () => undefined;

  constructor(database: BetterSqlite.Database) {
    this.database = database;
  }

  reset(): void {
    this.database.exec("CREATE TABLE IF NOT EXISTS seen (lsn INTEGER); DELETE FROM seen");
  }

  apply(batch: readonly DecodedLedgerRecord[]): readonly Refused[] {
    const note = this.database.prepare("INSERT INTO seen VALUES (?)");
    for (const { source, content } of batch) if (content.type === "record") note.run(source.lsn);
    this.trouble();
    return [];
  }

  forget(): void {}
}

const setUp = (passOver = timeOnly) => {
  const database = new Database(":memory:");
  cursorMigration(database);
  const ledger = new TwoLanes();
  const follower = new Noting(database);
  const open = () => new LiveFirstRunner(database, ledger, follower, { decode: decodeLedgerRecord, passOver });
  const seen = () => database.prepare("SELECT lsn FROM seen ORDER BY rowid").pluck().all() as number[];
  return { ledger, follower, open, seen };
};

const toTheEnd = (runner: LiveFirstRunner, limit: number): void => {
  while (runner.step(limit).taken > 0);
};

const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);
const ascending = (lsns: readonly number[]) => lsns.toSorted((left, right) => left - right);

/** What happens to a follower: records come in, it takes a step, its store fails once, its process dies. */
const happenings = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom("live", "backlog") },
    { weight: 3, arbitrary: fc.constant("step") },
    { weight: 1, arbitrary: fc.constantFrom("first-fault", "second-fault", "restart", "upgrade") },
  ),
  { maxLength: 120 },
);

const play = (events: readonly string[], limit: number, passOver = timeOnly): readonly number[] => {
  const { ledger, follower, open, seen } = setUp(passOver);
  let runner = open();
  for (const event of events) {
    if (event === "live" || event === "backlog") ledger.add(event);
    else if (event === "restart") runner = open();
    else if (event === "upgrade") {
      follower.version++;
      runner = open();
    } else {
      let calls = event === "first-fault" ? 0 : event === "second-fault" ? 1 : Number.POSITIVE_INFINITY;
      follower.trouble = () => {
        if (calls-- === 0) throw new Database.SqliteError("planted", "SQLITE_FULL");
      };
      try {
        runner.step(limit);
      } catch {
        // The loop tries again later.
      }
      follower.trouble = () => undefined;
    }
  }
  toTheEnd(runner, limit);
  return seen();
};

describe("a follower that takes the live lane first", () => {
  it("has a fresh record at its first step, however long the backlog before it", () => {
    const { ledger, open, seen } = setUp();
    for (let count = 0; count < 500; count++) ledger.add("backlog");
    ledger.add("live");
    const runner = open();
    expect(runner.step(10)).toMatchObject({ taken: 10, lsn: 10 });
    expect(seen()).toEqual([501, ...upTo(10)]);
    toTheEnd(runner, 10);
    expect(runner.lsn).toBe(501);
    expect(seen()).toEqual([501, ...upTo(500)]);
  });

  it("keeps the ledger's order while it is not behind", () => {
    const { ledger, open, seen } = setUp();
    const runner = open();
    for (let count = 0; count < 40; count++) {
      ledger.add(count % 3 === 0 ? "live" : "backlog");
      toTheEnd(runner, 10);
    }
    expect(seen()).toEqual(upTo(40));
  });

  it("takes every record once, whatever comes in, fails or dies when (property)", () => {
    fc.assert(
      fc.property(happenings, fc.integer({ min: 1, max: 8 }), (events, limit) => {
        const records = events.filter((event) => event === "live" || event === "backlog").length;
        expect(ascending(play(events, limit))).toEqual(upTo(records));
      }),
      { numRuns: 300 },
    );
  });

  it("is caught taking a record twice when nothing is passed over", () => {
    const events = [...Array.from({ length: 6 }, () => "backlog"), "live", "step"];
    expect(ascending(play(events, 2))).toEqual(upTo(7));
    expect(ascending(play(events, 2, decodeLedgerRecord))).not.toEqual(upTo(7));
  });
});
