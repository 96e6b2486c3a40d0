import type { Alert } from "../src/alerts/alert.ts";
import { AlertReader } from "../src/alerts/alert-reader.ts";
import { alertsMigrations } from "../src/alerts/alerts-database.ts";
import { NotificationQueue } from "../src/channels/notification-queue.ts";
import { FollowerRunner } from "../src/cursor/follower-runner.ts";
import { LedgerFeed } from "../src/cursor/ledger-feed.ts";
import type { LedgerLine } from "../src/ledger/ledger-reader.ts";
import { decodeKinds } from "../src/rules/decode-kinds.ts";
import { loadRules } from "../src/rules/load-rules.ts";
import type { Places } from "../src/rules/places/places.ts";
import type { AlertRule } from "../src/rules/rule.ts";
import { RulesFollower } from "../src/rules/rules-follower.ts";
import { Database } from "../src/store/sqlite-engine.ts";
import {
  committed,
  deviceOf,
  MemoryLedgerReader,
  type Sample,
  sampleEid,
  sampleNowMs,
  sampleRecord,
  testOf,
  trustedTime,
} from "./memory-ledger.ts";

/** Two of the built-in rules, one of each lifecycle. */
export const basicRules = async (): Promise<readonly AlertRule[]> =>
  (await loadRules(null)).filter(({ id }) => id === "device-silent" || id === "test-positive");

export const minute = 60_000;
export const hour = 60 * minute;

/** A positive result of `specimen`. */
export const positive = (specimen = "s1", rest: Record<string, unknown> = {}): Sample => ({
  kind: "test",
  dev: "tester-1",
  body: testOf(specimen, "positive", rest),
});

/** What the gateway says of a device. */
export const device = (status: Parameters<typeof deviceOf>[0]): Sample => ({ kind: "device", body: deviceOf(status) });

/** A ledger, the rules that judge it, a clock that moves when told, and what people see of it. */
export class JudgedLedger {
  readonly database = new Database(":memory:");
  readonly ledger = new MemoryLedgerReader();
  nowMs = sampleNowMs;
  follower: RulesFollower;
  runner: FollowerRunner;
  readonly #places: Places | undefined;
  #seq = 0;

  /** `places` left out: there is no register. */
  constructor(rules: readonly AlertRule[], places?: Places) {
    this.#places = places;
    for (const migration of alertsMigrations) migration(this.database);
    ({ follower: this.follower, runner: this.runner } = this.#open(rules));
    this.nowMs++;
  }

  #open(rules: readonly AlertRule[]) {
    const follower = new RulesFollower({
      ...{ database: this.database, rules, nowMs: () => this.nowMs },
      ...(this.#places === undefined ? {} : { places: this.#places }),
      ledgerHead: () => this.ledger.head(),
      recordAt: (lsn) => this.ledger.readAfter(lsn - 1, 1)[0],
    });
    const feed = new LedgerFeed(this.ledger, decodeKinds(follower.kinds));
    const runner = new FollowerRunner(this.database, feed, follower);
    this.database.transaction(() => {
      follower.start();
      new NotificationQueue(this.database).useChannels(["console"]);
    })();
    return { follower, runner };
  }

  /** Other rules, while it runs. */
  useRules(rules: readonly AlertRule[]): void {
    this.database.transaction(() => this.follower.useRules(rules))();
    const feed = new LedgerFeed(this.ledger, decodeKinds(this.follower.kinds));
    this.runner = new FollowerRunner(this.database, feed, this.follower);
  }

  /** As after a restart of the process. */
  restart(rules: readonly AlertRule[]): void {
    ({ follower: this.follower, runner: this.runner } = this.#open(rules));
  }

  /** Commits a record now that was made `agoMs` ago. */
  append(sample: Sample, agoMs = 0, rest: Partial<Parameters<typeof committed>[2]> = {}): void {
    this.#seq++;
    const seq = this.#seq;
    const t = trustedTime(this.nowMs - agoMs, sampleNowMs - 48 * hour);
    const salt = seq.toString(16).padStart(32, "0");
    this.ledger.append(committed(sampleRecord({ seq, n: seq, t, salt, ...sample }), this.nowMs, rest));
  }

  /** Judges everything there is, and lets what is due fire. */
  follow(limit = 100): void {
    while (this.runner.step(limit).taken > 0);
    const dueMs = this.follower.nextDueMs();
    if (dueMs !== null && dueMs <= this.nowMs) this.database.transaction(() => this.follower.tick())();
  }

  wait(ms: number): void {
    this.nowMs += ms;
    this.follow();
  }

  /** Says how the ledger sees the line of every sample; true when that changed something. */
  reconcile(status: LedgerLine["status"]): boolean {
    const line: LedgerLine = {
      ...{ gw: "market-a", ep: 1, eid: sampleEid, status, heardHead: 1, contiguousHead: 1, stored: 1 },
      ...{ predecessor: null, firstSeenAt: "" },
    };
    return this.database.transaction(() => this.follower.reconcile([line]))();
  }

  /** Alerts that fired, open ones first. */
  alerts(): Alert[] {
    return new AlertReader(this.database).list({ which: "all", limit: 100, after: null });
  }

  /** States of all alerts by age, those that never fired included. */
  states(): string[] {
    return this.database.prepare("SELECT rule || ' ' || state FROM alert ORDER BY rowid").pluck().all() as string[];
  }

  /** Reasons in the history of the alert that stands first. */
  reasons(id = this.alerts()[0]?.id ?? ""): string[] {
    return new AlertReader(this.database).get(id)?.history.map(({ reason }) => reason) ?? [];
  }

  /** Events of notifications in the order in which they were queued. */
  notified(): string[] {
    return this.database.prepare("SELECT event FROM notification ORDER BY position").pluck().all() as string[];
  }

  close(): void {
    this.database.close();
  }
}
