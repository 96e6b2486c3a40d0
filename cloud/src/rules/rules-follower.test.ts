import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  committed,
  deviceOf,
  MemoryLedgerReader,
  sampleEid,
  sampleNowMs,
  sampleRecord,
  testOf,
  trustedTime,
  unknownTime,
  weighingOf,
} from "../../test/memory-ledger.ts";
import type { Alert } from "../alerts/alert.ts";
import { acknowledgeAlert, closeAlert } from "../alerts/alert-actions.ts";
import { AlertReader } from "../alerts/alert-reader.ts";
import { alertsMigrations } from "../alerts/alerts-database.ts";
import { NotificationQueue } from "../channels/notification-queue.ts";
import { FollowerRunner } from "../cursor/follower-runner.ts";
import { LedgerFeed } from "../cursor/ledger-feed.ts";
import type { LedgerLine } from "../ledger/ledger-reader.ts";
import { openForWriting, type SqliteDatabase } from "../store/database.ts";
import { decodeKinds } from "./decode-kinds.ts";
import { loadRules } from "./load-rules.ts";
import type { AlertRule } from "./rule.ts";
import { RulesFollower } from "./rules-follower.ts";

const minute = 60_000;
const hour = 60 * minute;
const forMs = 5 * minute;

let directory: string;
let database: SqliteDatabase;
let ledger: MemoryLedgerReader;
let nowMs: number;
let seq: number;
let rules: readonly AlertRule[];
let follower: RulesFollower;
let runner: FollowerRunner;

const open = (): void => {
  follower = new RulesFollower({ database, rules, nowMs: () => nowMs });
  runner = new FollowerRunner(database, new LedgerFeed(ledger, decodeKinds(follower.kinds)), follower);
  database.transaction(() => {
    follower.start();
    new NotificationQueue(database).useChannels(["console"]);
  })();
};

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "mc-rules-"));
  database = openForWriting({ path: join(directory, "alerts.db"), migrations: alertsMigrations });
  ledger = new MemoryLedgerReader();
  nowMs = sampleNowMs;
  seq = 0;
  rules = await loadRules(null);
  open();
  nowMs += 1;
});

afterEach(() => {
  database.close();
  rmSync(directory, { recursive: true });
});

/** Commits a record now, made `agoMs` ago. */
const append = (sample: Parameters<typeof sampleRecord>[0], agoMs = 0, rest = {}): void => {
  seq++;
  const t = trustedTime(nowMs - agoMs, sampleNowMs - 48 * hour);
  const salt = seq.toString(16).padStart(32, "0");
  ledger.append(committed(sampleRecord({ seq, n: seq, t, salt, ...sample }), nowMs, rest));
};
const positive = (specimen = "s1", rest = {}) => ({
  kind: "test",
  dev: "tester-1",
  body: testOf(specimen, "positive", rest),
});
const device = (status: Parameters<typeof deviceOf>[0]) => ({ kind: "device", body: deviceOf(status) });

const follow = (limit = 100): void => {
  while (runner.step(limit).taken > 0);
  const dueMs = follower.nextDueMs();
  if (dueMs !== null && dueMs <= nowMs) database.transaction(() => follower.tick())();
};
const wait = (ms: number): void => {
  nowMs += ms;
  follow();
};

const alerts = (): Alert[] => new AlertReader(database).list({ which: "all", limit: 100 });
const all = (): { rule: string; state: string }[] =>
  database.prepare("SELECT rule, state FROM alert ORDER BY opened_ms, rowid").all() as {
    rule: string;
    state: string;
  }[];
const reasons = (id: string): string[] => new AlertReader(database).get(id)?.history.map(({ reason }) => reason) ?? [];
const notified = (): string[] =>
  (database.prepare("SELECT event FROM notification ORDER BY position").pluck().all() as string[]) ?? [];
const line = (status: LedgerLine["status"]): LedgerLine => ({
  ...{ gw: "market-a", ep: 1, eid: sampleEid, status, heardHead: 1, contiguousHead: 1, stored: 1 },
  ...{ predecessor: null, firstSeenAt: "" },
});
const reconcile = (status: LedgerLine["status"]): boolean =>
  database.transaction(() => follower.reconcile([line(status)]))();

describe("a positive test", () => {
  it("raises one alert with labels, text, owner and a notification", () => {
    append({ kind: "weighing", body: weighingOf("100") });
    append(positive());
    append({ kind: "test", dev: "tester-1", body: testOf("s2", "negative") });
    append({ kind: "test", dev: "tester-1", body: testOf("s3", "none", { instrumentVerdict: "positive" }) });
    follow();
    const [alert, ...others] = alerts();
    expect(others).toEqual([]);
    expect(alert).toMatchObject({
      ...{ rule: "test-positive", state: "firing", severity: "attention", owner: "role:inspector", lsn: 2 },
      ...{ gw: "market-a", dev: "tester-1", late: false, matches: 1, startedMs: nowMs, firedMs: nowMs },
      group: { gateway: "market-a", device: "tester-1", specimen: "s1" },
    });
    expect(alert?.title.zh).toBe("快检阳性（待确认）：韭菜，有机磷 62.5%，样品 s1");
    expect(alert?.id).toMatch(/^[0-9a-f]{32}$/);
    expect(notified()).toEqual(["firing"]);
  });

  it("is the same fact when the instrument says it again, and another one when it says something else", () => {
    append(positive());
    append(positive("s1", { resendOf: "abc" }));
    append(positive("s1", { value: "71.0", number: "71.0", completedAt: "20261123142000" }));
    append(positive("s2", { resendOf: "its original was lost" }));
    follow(1);
    expect(alerts().map(({ matches }) => matches)).toEqual([1, 2]);
    expect(notified()).toEqual(["firing", "firing"]);
    const repeated = alerts().find(({ matches }) => matches === 2)?.id ?? "";
    expect(reasons(repeated)).toEqual(["condition-met", "matched-again"]);
  });

  it("out of an outage raises its alert once, marked late", () => {
    append(positive(), 5 * hour);
    follow();
    expect(alerts()).toMatchObject([{ state: "firing", late: true, startedMs: nowMs - 5 * hour, firedMs: nowMs }]);
    expect(reasons(alerts()[0]?.id ?? "")).toEqual(["condition-met-late"]);
    expect(notified()).toEqual(["firing"]);
  });

  it("is acknowledged by one, closed with result and evidence, and a later one opens a new alert", () => {
    append(positive());
    follow();
    const id = alerts()[0]?.id ?? "";
    expect(acknowledgeAlert(database, { id, by: "li", nowMs })).toEqual({ outcome: "done" });
    expect(acknowledgeAlert(database, { id, by: "wang", nowMs: nowMs + 1 })).toEqual({
      ...{ outcome: "already", by: "li", atMs: nowMs },
    });
    const closing = { id, by: "li", nowMs, result: "destroyed 5.4 kg", evidence: "record 17" };
    expect(closeAlert(database, closing)).toEqual({ outcome: "done" });
    expect(closeAlert(database, closing)).toEqual({ outcome: "ended" });
    expect(acknowledgeAlert(database, { id: "none", by: "li", nowMs })).toEqual({ outcome: "unknown" });
    append(positive("s1", { value: "80", number: "80" }));
    follow();
    expect(alerts().map(({ state }) => state)).toEqual(["firing", "closed"]);
    expect(reasons(id)).toEqual(["condition-met", "acknowledged", "closed"]);
    expect(notified()).toEqual(["firing", "resolved", "firing"]);
  });

  it("on a disputed line raises nothing until the line is decided for, and is taken back when it becomes disputed", () => {
    append(positive(), 0, { lineStatus: "disputed" });
    follow();
    expect(alerts()).toEqual([]);
    expect(reconcile("disputed")).toBe(false);
    expect(reconcile("ok")).toBe(true);
    expect(alerts()).toMatchObject([{ state: "firing", matches: 1 }]);
    expect(reasons(alerts()[0]?.id ?? "")).toEqual(["line-kept"]);
    expect(reconcile("disputed")).toBe(true);
    expect(alerts()).toMatchObject([{ state: "resolved", matches: 0 }]);
    reconcile("ok");
    expect(alerts().map(({ state }) => state)).toEqual(["firing", "resolved"]);
  });

  it("counts from its line's standing in the ledger even before all lines are compared", () => {
    append(positive("s1"));
    follow();
    append(positive("s2"), 0, { lineStatus: "disputed" });
    follow();
    expect(all()).toEqual([{ rule: "test-positive", state: "resolved" }]);
  });

  it("keeps its alert's time right when the clock becomes known late", () => {
    const t = (monoMs: number) => unknownTime(monoMs, "boot-x");
    append({ ...positive(), t: t(hour) });
    follow();
    expect(alerts()).toMatchObject([{ startedMs: nowMs, late: false }]);
    const atMs = nowMs;
    const wall = new Date(nowMs).toISOString();
    const clock = { cause: "receipt", before: null, after: wall, step_ms: 0, sync: "receipt", err_ms: 50 };
    append({ kind: "clock", dev: "market-a", body: clock, t: { ...t(4 * hour), wall, sync: "receipt" } });
    follow();
    expect(alerts()).toMatchObject([{ startedMs: atMs - 3 * hour, late: true, firedMs: atMs }]);
    expect(reasons(alerts()[0]?.id ?? "")).toEqual(["condition-met", "time-corrected"]);
  });
});

describe("a silent device", () => {
  it("fires after the configured time and resolves when it is back", () => {
    append(device("silent"));
    follow();
    expect(all()).toEqual([{ rule: "device-silent", state: "pending" }]);
    expect(alerts()).toEqual([]);
    wait(forMs - 1);
    expect(alerts()).toEqual([]);
    append(device("offline"));
    wait(1);
    expect(alerts()).toMatchObject([{ state: "firing", firedMs: nowMs, startedMs: nowMs - forMs }]);
    append(device("online"));
    wait(minute);
    expect(alerts()).toMatchObject([{ state: "resolved", endedMs: nowMs }]);
    expect(reasons(alerts()[0]?.id ?? "")).toEqual(["condition-met", "for-elapsed", "condition-ended"]);
    expect(notified()).toEqual(["firing", "resolved"]);
  });

  it("that is back in time never fires", () => {
    append(device("silent"));
    wait(minute);
    append(device("online"));
    wait(hour);
    expect(all()).toEqual([{ rule: "device-silent", state: "resolved" }]);
    expect(alerts()).toEqual([]);
    expect(notified()).toEqual([]);
  });

  it("of yesterday does not fire today: what has ended since says so, in whatever order", () => {
    append(device("silent"), 20 * hour);
    follow();
    wait(minute);
    append(device("online"), 19 * hour);
    wait(hour);
    append(device("silent"), 25 * hour);
    wait(hour);
    expect(alerts()).toEqual([]);
  });

  it("of yesterday that is silent still is told once it had its chance to say otherwise", () => {
    append(device("silent"), 20 * hour);
    wait(0);
    wait(forMs);
    expect(alerts()).toMatchObject([{ state: "firing", late: true, startedMs: nowMs - forMs - 20 * hour }]);
  });

  it("is ordered by its boot's clock while nobody knows the time", () => {
    const t = (monoMs: number) => unknownTime(monoMs, "boot-y");
    append({ ...device("silent"), t: t(hour) });
    follow();
    const wall = new Date(nowMs).toISOString();
    const clock = { cause: "receipt", before: null, after: wall, step_ms: 0, sync: "receipt", err_ms: 50 };
    append({ kind: "clock", dev: "market-a", body: clock, t: { ...t(4 * hour), wall, sync: "receipt" } });
    append({ ...device("online"), t: t(2 * hour) });
    wait(hour);
    expect(alerts()).toEqual([]);
  });

  it("on a disputed line does not fire, nor what fired stays", () => {
    append(device("silent"), 0, { lineStatus: "disputed" });
    wait(hour);
    expect(all()).toEqual([]);
    reconcile("ok");
    wait(hour);
    expect(alerts()).toMatchObject([{ state: "firing" }]);
    reconcile("disputed");
    expect(alerts()).toMatchObject([{ state: "resolved" }]);
  });

  it("fires after a restart only once gateways had time to come back", () => {
    append(device("silent"));
    follow();
    nowMs += 3 * hour;
    open();
    wait(0);
    expect(alerts()).toEqual([]);
    append(device("online"), 2 * hour);
    wait(minute);
    expect(alerts()).toEqual([]);
  });
});

describe("rules and the ledger", () => {
  it("going through the ledger again changes nothing", () => {
    for (let index = 0; index < 20; index++) append(index % 3 === 0 ? positive(`s${index}`) : device("silent"));
    append(device("online"));
    follow(3);
    wait(forMs);
    const before = database.prepare("SELECT * FROM history").all();
    runner.rebuild();
    follow(7);
    expect(database.prepare("SELECT * FROM history").all()).toEqual(before);
  });

  it("of a ledger that was there before the alerts raises them without notifying anybody", () => {
    database.prepare("UPDATE meta SET value = ?").run(nowMs + 1);
    open();
    append(positive());
    follow();
    expect(alerts()).toMatchObject([{ state: "firing" }]);
    expect(notified()).toEqual([]);
  });

  it("resolves what a rule raised that is gone, and names the last resort where a rule names nobody", () => {
    rules = rules.map((rule) => ({ ...rule, owner: null }));
    open();
    append(positive());
    append(device("silent"));
    follow();
    expect(alerts()).toMatchObject([{ owner: "role:centre", ownerReason: "last-resort" }]);
    rules = rules.filter(({ id }) => id === "device-silent");
    open();
    expect(alerts()).toMatchObject([{ state: "resolved" }]);
    expect(reasons(alerts()[0]?.id ?? "").at(-1)).toBe("rule-removed");
    wait(forMs);
    expect(alerts().map(({ rule }) => rule)).toContain("device-silent");
  });

  it("keeps histories as they were written", () => {
    append(positive());
    follow();
    expect(() => database.exec("UPDATE history SET actor = 'nobody'")).toThrow("append-only");
    expect(() => database.exec("DELETE FROM history")).toThrow("append-only");
  });
});
