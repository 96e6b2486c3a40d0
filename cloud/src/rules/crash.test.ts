import { describe, expect, it } from "vitest";
import { Power, plantPieces, poweredStore } from "../../test/cut-power.ts";
import { basicRules } from "../../test/judged-ledger.ts";
import {
  committed,
  deviceOf,
  MemoryLedgerReader,
  sampleNowMs,
  sampleRecord,
  testOf,
  trustedTime,
  weighingOf,
} from "../../test/memory-ledger.ts";
import { NotificationQueue } from "../channels/notification-queue.ts";
import { FollowerRunner } from "../cursor/follower-runner.ts";
import { LedgerFeed } from "../cursor/ledger-feed.ts";
import type { SqliteDatabase } from "../store/database.ts";
import { Database } from "../store/sqlite-engine.ts";
import { decodeKinds } from "./decode-kinds.ts";
import { RulesFollower } from "./rules-follower.ts";

const minute = 60_000;
const rules = await basicRules();

/** A short day: positives, one repeated by its instrument, devices that fall silent and come back. */
const scenario = (): MemoryLedgerReader => {
  const ledger = new MemoryLedgerReader();
  const say = (kind: string, dev: string, body: Record<string, unknown>): void => {
    const seq = ledger.records.length + 1;
    const t = trustedTime(sampleNowMs + seq * 1000);
    const salt = seq.toString(16).padStart(32, "0");
    ledger.append(committed(sampleRecord({ kind, dev, body, seq, n: seq, t, salt }), sampleNowMs + seq * 1000));
  };
  say("device", "scale-01", deviceOf("online"));
  for (let index = 0; index < 4; index++) {
    say("weighing", "scale-01", weighingOf(String(index)));
    say("test", "tester-1", testOf(`s${index}`, index === 2 ? "negative" : "positive"));
    say("device", `scale-0${index}`, deviceOf("silent"));
  }
  say("test", "tester-1", testOf("s0", "positive", { resendOf: "earlier" }));
  say("test", "tester-1", testOf("s1", "positive", { value: "90", number: "90" }));
  say("device", "scale-02", deviceOf("online"));
  return ledger;
};

/** Ways in which exactly-once can be got wrong. */
type Plant = "none" | "cursor-before-effects" | "effects-in-pieces";

/** Writes the cursor in a transaction of its own, ahead of what it stands for. */
const plantCursor = (database: SqliteDatabase, follower: RulesFollower): void => {
  const apply = follower.apply.bind(follower);
  follower.apply = (batch) => {
    database.exec("COMMIT; BEGIN");
    database.prepare("INSERT OR REPLACE INTO cursor VALUES ('rules', 1, ?)").run(batch.at(-1)?.source.lsn ?? 0);
    database.exec("COMMIT; BEGIN");
    return apply(batch);
  };
};

const start = (database: SqliteDatabase, ledger: MemoryLedgerReader, nowMs: () => number, plant: Plant) => {
  const follower = new RulesFollower({ database, rules, nowMs, ledgerHead: () => 0 });
  if (plant === "effects-in-pieces") plantPieces(database);
  const runner = new FollowerRunner(database, new LedgerFeed(ledger, decodeKinds(follower.kinds)), follower);
  database
    .transaction(() => {
      follower.start();
      new NotificationQueue(database).useChannels(["console"]);
    })
    .immediate();
  if (plant === "cursor-before-effects") plantCursor(database, follower);
  return () => {
    while (runner.step(3).taken > 0);
    database.transaction(() => follower.tick()).immediate();
  };
};

/** Runs the scenario with a power cut after `writes` writes, and one start after it. Returns what people can see. */
const run = (writes: number, plant: Plant): { readonly seen: unknown; readonly writes: number } => {
  const power = new Power();
  const database = poweredStore(power);
  const ledger = scenario();
  let now = sampleNowMs - minute;
  try {
    power.budget = writes;
    const follow = start(database, ledger, () => now, plant);
    now = sampleNowMs + minute;
    follow();
    now = sampleNowMs + 10 * minute;
    follow();
  } catch (error) {
    if (!(error instanceof Database.SqliteError)) throw error;
  }
  const spent = power.writes;
  power.budget = Number.POSITIVE_INFINITY;
  if (database.inTransaction) database.exec("ROLLBACK");
  const follow = start(database, ledger, () => now, plant);
  now = sampleNowMs + 10 * minute;
  follow();
  now += 2 * minute;
  follow();
  const table = (sql: string): unknown[] => database.prepare(sql).raw().all();
  const seen = {
    alerts: table("SELECT rule, group_key, state, matches FROM alert ORDER BY rule, group_key, state"),
    history: table(
      `SELECT rule, group_key, from_state, to_state, reason, history.lsn FROM history JOIN alert ON alert.id = alert
       ORDER BY rule, group_key, history.id`,
    ),
    notifications: table("SELECT id, event, channel FROM notification ORDER BY id"),
    cursor: table("SELECT lsn FROM cursor"),
    quarantine: table("SELECT * FROM quarantine"),
  };
  database.close();
  return { seen, writes: spent };
};

/** Writes after which a cut left something else behind than an undisturbed run; stops when there are `enough`. */
const differing = (plant: Plant, enough = Number.POSITIVE_INFINITY): number[] => {
  const whole = run(Number.POSITIVE_INFINITY, "none");
  const found: number[] = [];
  for (let writes = 0; writes < whole.writes && found.length < enough; writes++) {
    const cut = run(writes, plant);
    if (JSON.stringify(cut.seen) !== JSON.stringify(whole.seen)) found.push(writes);
  }
  return found;
};

describe("rules under power cuts", () => {
  it("fire, resolve and notify exactly once, wherever the cut falls", () => {
    const { seen, writes } = run(Number.POSITIVE_INFINITY, "none");
    expect(seen).toMatchObject({ cursor: [[16]], quarantine: [] });
    expect((seen as { notifications: unknown[] }).notifications).toHaveLength(6);
    expect(writes).toBeGreaterThan(60);
    expect(differing("none")).toEqual([]);
  });

  it("notices a cursor that is committed before its effects", () => {
    expect(differing("cursor-before-effects", 3)).toHaveLength(3);
  });

  it("notices effects that are committed piece by piece", () => {
    expect(differing("effects-in-pieces", 3)).toHaveLength(3);
  });
});
