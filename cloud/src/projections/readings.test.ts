import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  committed,
  deviceOf,
  MemoryLedgerReader,
  sampleNowMs,
  sampleRecord,
  testOf,
  trustedTime,
  unknownTime,
  weighingOf,
} from "../../test/memory-ledger.ts";
import { FollowerRunner } from "../cursor/follower-runner.ts";
import { LedgerFeed } from "../cursor/ledger-feed.ts";
import { businessDays, startOfDay } from "../effective-time/business-day.ts";
import { openForWriting, type SqliteDatabase } from "../store/database.ts";
import { projectionsMigrations } from "../store/projections-database.ts";
import { ReadingsFollower } from "./readings.ts";

const dayOf = businessDays("Asia/Shanghai");
const calendar = { dayOf, startOfDay: (atMs: number) => startOfDay(dayOf, atMs) };
const day = 86_400_000;

let directory: string;
let database: SqliteDatabase;
let ledger: MemoryLedgerReader;
let seq: number;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "mc-readings-"));
  database = openForWriting({ path: join(directory, "projections.db"), migrations: projectionsMigrations });
  ledger = new MemoryLedgerReader();
  seq = 0;
});

afterEach(() => {
  database.close();
  rmSync(directory, { recursive: true });
});

const follow = (limit = 100): FollowerRunner => {
  const runner = new FollowerRunner(database, new LedgerFeed(ledger), new ReadingsFollower(database, calendar));
  while (runner.step(limit).taken > 0);
  return runner;
};

const append = (sample: Parameters<typeof sampleRecord>[0], receivedMs = sampleNowMs, rest = {}): void => {
  seq++;
  ledger.append(committed(sampleRecord({ seq, n: seq, ...sample }), receivedMs, rest));
};

const rows = (sql: string, ...args: unknown[]): unknown[] => database.prepare(sql).all(...args);
/** Everything derived, in a comparable form that does not depend on internal ids. */
const everything = (): unknown => ({
  record: rows(
    "SELECT lsn, seq, dev, kind, at_ms, body FROM record JOIN device ON device.id = record.device ORDER BY lsn",
  ),
  rollup: rows(
    "SELECT period, dev, start_ms, weighings, grams, tests, scale_events FROM rollup JOIN device ON id = device ORDER BY 1, 2, 3",
  ),
  tests: rows("SELECT * FROM rollup_test ORDER BY 1, 2, 3, 4, 5"),
  device: rows("SELECT dev, class, status, status_at_ms, last_at_ms, last_lsn, records FROM device ORDER BY 1"),
});

describe("readings", () => {
  it("keeps weighings, exact sums and the device's state", () => {
    append({ kind: "device", body: deviceOf("online") });
    append({ kind: "weighing", body: weighingOf("1020.005") });
    append({ kind: "weighing", body: weighingOf("0.1") });
    append({ kind: "weighing", body: weighingOf("-0.2") });
    follow();
    expect(rows("SELECT weighings, grams FROM rollup WHERE period = 'day'")).toEqual([
      { weighings: 3, grams: "1019.905" },
    ]);
    expect(rows("SELECT class, status, records FROM device")).toEqual([
      { class: "scale", status: "online", records: 4 },
    ]);
  });

  it("folds a repeated result, whichever came first, and counts it once", () => {
    const resend = { resendOf: "abc" };
    append({ kind: "test", dev: "tester-1", body: testOf("s1", "positive") });
    append({ kind: "test", dev: "tester-1", body: testOf("s1", "positive", resend) });
    append({ kind: "test", dev: "tester-1", body: testOf("s2", "negative", resend) });
    append({ kind: "test", dev: "tester-1", body: testOf("s2", "negative") });
    append({ kind: "test", dev: "tester-1", body: testOf("s3", "suspect", resend) });
    follow(1);
    expect(rows("SELECT verdict, n FROM rollup_test ORDER BY verdict")).toEqual([
      { verdict: "negative", n: 1 },
      { verdict: "positive", n: 1 },
      { verdict: "suspect", n: 1 },
    ]);
  });

  it("quarantines what it cannot read, with its bytes and the field, and goes on", () => {
    append({ kind: "weighing", body: { ...weighingOf("5"), mode: "sideways" } });
    append({ kind: "stock-in", body: {} });
    ledger.append({
      ...committed(sampleRecord({ kind: "weighing", body: weighingOf("1"), seq: 9 }), sampleNowMs),
      seq: 3,
    });
    ledger.append({
      ...committed(sampleRecord({ kind: "audit", body: {} }), sampleNowMs),
      seq: 4,
      bytes: Buffer.from("{"),
    });
    ledger.append({ ...committed(sampleRecord({ kind: "audit", body: {} }), sampleNowMs), seq: 5, bytes: null });
    seq = 5;
    append({ kind: "weighing", body: weighingOf("7") });
    follow();
    const kept = rows("SELECT lsn, kind, reason, length(bytes) AS size FROM quarantine ORDER BY lsn") as {
      lsn: number;
      reason: string;
      size: number;
    }[];
    expect(kept.map(({ lsn }) => lsn)).toEqual([1, 2, 3, 4]);
    expect(kept[0]?.reason).toContain("body.mode");
    expect(kept[1]?.reason).toContain("unknown kind stock-in");
    expect(kept[2]?.reason).toContain("seq");
    expect(kept.every(({ size }) => size > 0)).toBe(true);
    expect(rows("SELECT seq FROM record")).toEqual([{ seq: 6 }]);
  });

  it("quarantines alone a record on which the follower itself fails", () => {
    for (const grams of ["1", "2", "3"]) append({ kind: "weighing", body: weighingOf(grams) });
    const follower = new ReadingsFollower(database, calendar);
    const apply = follower.apply.bind(follower);
    follower.apply = (batch) => {
      if (batch.some(({ source }) => source.lsn === 2)) throw new TypeError("planted");
      return apply(batch);
    };
    const runner = new FollowerRunner(database, new LedgerFeed(ledger), follower);
    expect(runner.step(10)).toEqual({ taken: 3, refused: 1, lsn: 3 });
    expect(rows("SELECT seq FROM record ORDER BY seq")).toEqual([{ seq: 1 }, { seq: 3 }]);
    expect(rows("SELECT reason FROM quarantine")).toEqual([{ reason: "follower: planted" }]);
  });

  it("shows the rows of a gateway that started in 1970 as today's once its clock is known", () => {
    const bootMs = sampleNowMs - 10_000_000;
    const early = (atMs: number) => ({ t: unknownTime(atMs - bootMs, "boot-x") });
    append({ kind: "weighing", body: weighingOf("100"), ...early(sampleNowMs - 5_000_000) });
    append({ kind: "test", dev: "t1", body: testOf("s1", "positive"), ...early(sampleNowMs - 4_000_000) });
    const clock = { cause: "receipt", before: null, after: "", step_ms: 0, sync: "receipt", err_ms: 50 };
    append({
      kind: "clock",
      dev: "market-a",
      body: { ...clock, after: new Date(sampleNowMs).toISOString() },
      t: { ...unknownTime(10_000_000, "boot-x"), wall: new Date(sampleNowMs).toISOString(), sync: "receipt" },
    });
    follow(1);
    expect(rows("SELECT at_ms FROM record ORDER BY lsn")).toEqual([
      { at_ms: sampleNowMs - 5_000_000 },
      { at_ms: sampleNowMs - 4_000_000 },
      { at_ms: sampleNowMs },
    ]);
    expect(rows("SELECT wall FROM record WHERE lsn = 1")).toEqual([{ wall: "1970-01-01T01:23:20.000Z" }]);
    expect(rows("SELECT day, n FROM rollup_test")).toEqual([{ day: "2026-11-23", n: 1 }]);
    expect(rows("SELECT last_at_ms FROM device WHERE dev = 't1'")).toEqual([{ last_at_ms: sampleNowMs - 4_000_000 }]);
  });

  it("takes a line that became disputed out of the counts, and back", () => {
    append({ kind: "weighing", body: weighingOf("10") });
    follow();
    const follower = new ReadingsFollower(database, calendar);
    const line = { gw: "market-a", ep: 1, eid: sampleRecord({ kind: "x", body: {} }).eid };
    const known = { ...line, heardHead: 1, contiguousHead: 1, stored: 1, predecessor: null, firstSeenAt: "" };
    expect(follower.reconcile([{ ...known, status: "disputed" }])).toBe(true);
    expect(rows("SELECT * FROM rollup")).toEqual([]);
    expect(follower.reconcile([{ ...known, status: "disputed" }])).toBe(false);
    expect(follower.reconcile([{ ...known, status: "ok" }])).toBe(true);
    expect(rows("SELECT grams FROM rollup WHERE period = 'hour'")).toEqual([{ grams: "10" }]);
  });

  it("is the same after a rebuild, whatever the batches", () => {
    const shift = [0, 14 * day, 0, -14 * day, 0];
    for (let index = 0; index < 60; index++) {
      const trueMs = sampleNowMs + index * 1000;
      const jump = shift[Math.floor(index / 12)] ?? 0;
      const t = { ...trustedTime(trueMs), wall: new Date(trueMs + jump).toISOString() };
      append(
        { kind: "weighing", body: weighingOf(String(index)), t: { ...t, sync: jump === 0 ? "ntp" : "none" } },
        trueMs + 50,
      );
    }
    const runner = follow(7);
    const before = everything();
    runner.rebuild();
    while (runner.step(1000).taken > 0);
    expect(everything()).toEqual(before);
    expect(rows("SELECT sum(weighings) AS n FROM rollup WHERE period = 'day'")).toEqual([{ n: 60 }]);
    expect(rows("SELECT DISTINCT dev FROM device")).toHaveLength(1);
  });

  it("keeps every reading once at its true time under clock jumps, late clocks and reordering", () => {
    const scenario = fc.record({
      boots: fc.array(
        fc.record({
          steps: fc.array(fc.constantFrom(0, 0, 14 * day, -14 * day, -sampleNowMs), { minLength: 1, maxLength: 6 }),
          learnsLate: fc.boolean(),
        }),
        { minLength: 1, maxLength: 4 },
      ),
      order: fc.infiniteStream(fc.nat()),
      batch: fc.integer({ min: 1, max: 40 }),
    });
    fc.assert(
      fc.property(scenario, ({ boots, order, batch }) => {
        ledger = new MemoryLedgerReader();
        const truth = new Map<number, number>();
        const entries: Omit<(typeof ledger.records)[number], "lsn">[] = [];
        let trueMs = sampleNowMs;
        let number = 0;
        for (const [bootIndex, boot] of boots.entries()) {
          const bootMs = trueMs;
          const say = (jump: number, trusted: boolean, kind: string, body: Record<string, unknown>): void => {
            number++;
            trueMs += 1500;
            truth.set(number, trueMs);
            const wall = new Date(trusted ? trueMs : trueMs + jump).toISOString();
            const t = { wall, mono_ms: trueMs - bootMs, boot: `b${bootIndex}`, err_ms: null };
            const record = sampleRecord({
              kind,
              body,
              seq: number,
              n: number,
              t: { ...t, sync: trusted ? "ntp" : "none" },
            });
            entries.push(committed(record, sampleNowMs + 40 * day));
          };
          for (const jump of boot.steps) {
            say(jump, !boot.learnsLate && jump === 0, "weighing", weighingOf("1"));
            say(jump, !boot.learnsLate && jump === 0, "weighing", weighingOf("2"));
          }
          const after = new Date(trueMs).toISOString();
          say(0, true, "clock", { cause: "ntp", before: null, after, step_ms: 0, sync: "ntp", err_ms: 5 });
        }
        const keys = new Map(entries.map((entry) => [entry, order.next().value]));
        for (const entry of entries.toSorted((a, b) => (keys.get(a) ?? 0) - (keys.get(b) ?? 0))) ledger.append(entry);
        const runner = new FollowerRunner(database, new LedgerFeed(ledger), new ReadingsFollower(database, calendar));
        runner.rebuild();
        while (runner.step(batch).taken > 0);
        const stored = rows("SELECT seq, at_ms AS at FROM record ORDER BY seq") as { seq: number; at: number }[];
        expect(stored.map(({ seq: place }) => place)).toEqual([...truth.keys()]);
        expect(stored.filter(({ seq: place, at }) => at !== truth.get(place))).toEqual([]);
        const weighed = [...truth].length - boots.length;
        expect(rows("SELECT sum(weighings) AS n FROM rollup WHERE period = 'hour'")).toEqual([{ n: weighed }]);
      }),
      { numRuns: 150 },
    );
  });
});
