import type { AlertReason } from "../../alerts/alert.ts";
import { alertsMigrations } from "../../alerts/alerts-database.ts";
import { NotificationQueue } from "../../channels/notification-queue.ts";
import { CursorStore } from "../../cursor/cursor-store.ts";
import type { LedgerReader } from "../../ledger/ledger-reader.ts";
import type { SqliteDatabase } from "../../store/database.ts";
import { Database } from "../../store/sqlite-engine.ts";
import type { GatewayStates } from "../gateway-state.ts";
import type { Places } from "../places/places.ts";
import type { AlertRule } from "../rule.ts";
import { RulesFollower } from "../rules-follower.ts";

/** What rules are tried out with. */
export interface TrialOptions {
  readonly rules: readonly AlertRule[];
  readonly places: Places;
  readonly gateways?: GatewayStates;
  /** Where records come from. */
  readonly ledger: Pick<LedgerReader, "readAfter">;
  /** Whether it matters who would be told what; left out: it does. */
  readonly tells?: boolean;
  /** Where the clock stands at the beginning. */
  readonly startMs: number;
  /** Since when the rules have been watching; left out: for a day, so that nothing is held back. */
  readonly sinceMs?: number;
}

/** Something that a rule did in a trial. */
export interface TrialEvent {
  readonly rule: string;
  readonly alert: string;
  readonly state: "firing" | "resolved";
  readonly reason: AlertReason;
  readonly atMs: number;
  readonly late: boolean;
  /** Whether anybody would have been told. */
  readonly told: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly site: string;
  readonly gw: string;
  readonly dev: string;
}

interface EventRow extends Omit<TrialEvent, "late" | "told" | "labels"> {
  readonly late: number;
  readonly told: number;
  readonly labels: string;
}

const dayMs = 86_400_000;
/** A rule whose time does not move on would keep a trial from ending. */
const maxTicksAtOnce = 100_000;

/** Rules over a store in memory, under a clock that moves when told. What they would tell goes nowhere. */
export class TrialRun {
  readonly database: SqliteDatabase;
  readonly follower: RulesFollower;
  #nowMs: number;

  constructor({ rules, places, gateways, ledger, tells = true, startMs, sinceMs }: TrialOptions) {
    this.#nowMs = startMs;
    const database = new Database(":memory:");
    database.pragma("foreign_keys = ON");
    for (const migration of alertsMigrations) migration(database);
    this.database = database;
    this.follower = new RulesFollower({
      ...{ database, places, nowMs: () => this.#nowMs, ledgerHead: () => 0, trial: { tells } },
      recordAt: (lsn) => ledger.readAfter(lsn - 1, 1).find((record) => record.lsn === lsn),
      // In a trial every rule may do everything: that it is only tried out is where this comes from.
      rules: rules.map((rule) => ({ ...rule, mode: "live" as const })),
      ...(gateways === undefined ? {} : { gateways }),
      sinceMs: sinceMs ?? startMs - dayMs,
    });
    database.transaction(() => {
      this.follower.reset();
      new CursorStore(database).write(this.follower.name, { version: this.follower.version, lsn: 0 });
      this.follower.start();
      new NotificationQueue(database).useChannels(["trial"]);
    })();
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  /** Moves the clock over a stretch in which nobody looks. */
  skipTo(ms: number): void {
    this.#nowMs = Math.max(this.#nowMs, ms);
  }

  /** Lets time pass, with everything on the way that time alone brings about. */
  advance(toMs: number): void {
    this.database.transaction(() => this.advanceWithin(toMs))();
  }

  /** The same in the caller's transaction. */
  advanceWithin(toMs: number): void {
    for (let ticks = 0; ticks < maxTicksAtOnce; ticks++) {
      const dueMs = this.follower.nextDueMs();
      if (dueMs === null || dueMs > toMs) break;
      this.#nowMs = Math.max(this.#nowMs, dueMs);
      this.follower.tick();
    }
    this.#nowMs = Math.max(this.#nowMs, toMs);
  }

  /** What happened so far, in order: what fired, and what ended of that. */
  events(): TrialEvent[] {
    const rows = this.database
      .prepare(
        `SELECT rule, alert.id AS alert, to_state AS state, reason, at_ms AS atMs, late, labels, site, gw, dev,
           EXISTS (SELECT 1 FROM notification n WHERE n.alert = alert.id AND n.event = to_state) AS told
         FROM history JOIN alert ON alert.id = history.alert
         WHERE from_state IS NOT to_state AND (to_state = 'firing' OR to_state = 'resolved' AND fired_ms IS NOT NULL)
         ORDER BY history.id`,
      )
      .all() as EventRow[];
    return rows.map((row) => ({
      ...row,
      late: row.late === 1,
      told: row.told === 1,
      labels: JSON.parse(row.labels) as TrialEvent["labels"],
    }));
  }

  /** How many facts joined an alert that was open already, since then and by rule. */
  joined(sinceMs: number): ReadonlyMap<string, number> {
    const rows = this.database
      .prepare(
        `SELECT rule, count(*) AS facts FROM history JOIN alert ON alert.id = history.alert
         WHERE reason = 'matched-again' AND at_ms >= ? GROUP BY rule`,
      )
      .all(sinceMs) as { readonly rule: string; readonly facts: number }[];
    return new Map(rows.map(({ rule, facts }) => [rule, facts]));
  }

  close(): void {
    this.database.close();
  }
}
