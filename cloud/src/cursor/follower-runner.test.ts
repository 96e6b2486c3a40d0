import type BetterSqlite from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { committed, MemoryLedgerReader, sampleNowMs, sampleRecord, weighingOf } from "../../test/memory-ledger.ts";
import { Database } from "../store/sqlite-engine.ts";
import { cursorMigration } from "./cursor-store.ts";
import type { DecodedLedgerRecord } from "./decoded-record.ts";
import type { Follower, Refused } from "./follower.ts";
import { FollowerRunner } from "./follower-runner.ts";
import { LedgerFeed } from "./ledger-feed.ts";

/** Writes every lsn it sees into a table: a row seen twice would show. */
class Counting implements Follower {
  readonly name = "counting";
  readonly database: BetterSqlite.Database;
  version = 1;
  resets = 0;
  forgotten = 0;
  trouble: (lsn: number) => void = () => undefined;

  constructor(database: BetterSqlite.Database) {
    this.database = database;
  }

  reset(): void {
    this.resets++;
    this.database.exec("CREATE TABLE IF NOT EXISTS seen (lsn INTEGER)");
    this.database.exec("DELETE FROM seen");
  }

  apply(batch: readonly DecodedLedgerRecord[]): readonly Refused[] {
    const refused: Refused[] = [];
    for (const decoded of batch) {
      const { lsn } = decoded.source;
      this.trouble(lsn);
      if (decoded.content.type === "unreadable") refused.push({ decoded, reason: decoded.content.reason });
      else this.database.prepare("INSERT INTO seen VALUES (?)").run(lsn);
    }
    return refused;
  }

  forget(): void {
    this.forgotten++;
  }
}

const setUp = (records: number) => {
  const database = new Database(":memory:");
  cursorMigration(database);
  const ledger = new MemoryLedgerReader();
  for (let seq = 1; seq <= records; seq++) {
    const record = sampleRecord({ kind: "weighing", body: weighingOf("500"), seq, n: seq });
    ledger.append(committed(record, sampleNowMs));
  }
  const follower = new Counting(database);
  const open = () => new FollowerRunner(database, new LedgerFeed(ledger), follower);
  const seen = () => database.prepare("SELECT lsn FROM seen ORDER BY rowid").pluck().all();
  const quarantined = () => database.prepare("SELECT lsn, reason FROM quarantine ORDER BY lsn").all();
  return { database, ledger, follower, open, seen, quarantined };
};

const run = (runner: FollowerRunner, limit = 4): void => {
  while (runner.step(limit).taken > 0);
};

const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

describe("a follower of the ledger", () => {
  it("takes every record once, and goes on where it was after a restart", () => {
    const { ledger, follower, open, seen } = setUp(10);
    const first = open();
    first.step(4);
    expect(first.lsn).toBe(4);
    run(open());
    expect(seen()).toEqual(upTo(10));
    expect(follower.resets).toBe(1);
    ledger.append(committed(sampleRecord({ kind: "weighing", body: weighingOf("1"), seq: 11, n: 11 }), sampleNowMs));
    run(open());
    expect(seen()).toEqual(upTo(11));
  });

  it("starts over when its meaning has changed, or its cursor was put back", () => {
    const { database, follower, open, seen } = setUp(6);
    run(open());
    follower.version = 2;
    run(open());
    expect(follower.resets).toBe(2);
    database.prepare("UPDATE cursor SET version = -1").run();
    run(open());
    expect(follower.resets).toBe(3);
    expect(seen()).toEqual(upTo(6));
  });

  it("puts the record on which it fails into quarantine, alone, and is not held up", () => {
    const { follower, open, seen, quarantined } = setUp(10);
    follower.trouble = (lsn) => {
      if (lsn === 6) throw new Error("planted");
    };
    run(open());
    expect(seen()).toEqual(upTo(10).filter((lsn) => lsn !== 6));
    expect(quarantined()).toEqual([{ lsn: 6, reason: "follower: planted" }]);
    expect(follower.forgotten).toBeGreaterThan(0);
  });

  it("changes nothing when the store fails, and takes the same batch later", () => {
    const { follower, open, seen } = setUp(10);
    const runner = open();
    follower.trouble = (lsn) => {
      if (lsn === 7) throw new Database.SqliteError("planted", "SQLITE_FULL");
    };
    runner.step(4);
    expect(() => runner.step(4)).toThrow("planted");
    expect(seen()).toEqual(upTo(4));
    expect(runner.lsn).toBe(4);
    follower.trouble = () => undefined;
    run(runner);
    expect(seen()).toEqual(upTo(10));
  });

  it("quarantines what is no record, or names another place, with its bytes", () => {
    const { ledger, open, seen, quarantined } = setUp(1);
    const good = committed(sampleRecord({ kind: "weighing", body: weighingOf("1"), seq: 2, n: 2 }), sampleNowMs);
    ledger.append({ ...good, bytes: new TextEncoder().encode("{") });
    ledger.append({ ...good, seq: 9 });
    ledger.append(committed(sampleRecord({ kind: "weighing", body: { grams: "x" }, seq: 4, n: 4 }), sampleNowMs));
    ledger.append({ ...good, bytes: null });
    run(open());
    expect(seen()).toEqual([1, 5]);
    expect(quarantined().map((row) => (row as { lsn: number }).lsn)).toEqual([2, 3, 4]);
  });
});
