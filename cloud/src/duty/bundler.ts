import type { Statement } from "better-sqlite3";
import type { AlertStore } from "../alerts/alert-store.ts";
import type { SqliteDatabase } from "../store/database.ts";
import { bundle, type Standing, type Waiting } from "./bundling.ts";
import { type Speaker, sayAlert, sayGroup } from "./compose.ts";
import type { MessageStore } from "./message-store.ts";
import { dayStartMs, nextAtMinute } from "./quiet-hours.ts";
import { longestMs } from "./quota.ts";
import { hiddenCode } from "./reply-codes.ts";
import type { Routing } from "./routing/routing.ts";

/** What the bundler works with. */
export interface BundlerOptions extends Speaker {
  readonly database: SqliteDatabase;
  readonly alerts: AlertStore;
  readonly messages: MessageStore;
}

const dayMs = 86_400_000;
/** A message a day old helps nobody: the alert is on the screens. */
const deadlineAfterMs = dayMs;
const mostOfficersAtOnce = 200;

/** Makes messages of what waits to be said, within everybody's limits. In the caller's transaction. */
export class Bundler {
  readonly #options: BundlerOptions;
  #routing: Routing;
  readonly #officers: Statement<unknown[]>;
  readonly #waiting: Statement<unknown[]>;
  readonly #hold: Statement<unknown[]>;
  readonly #drop: Statement<unknown[]>;
  readonly #nextDue: Statement<unknown[]>;
  readonly #failedTier: Statement<unknown[]>;

  constructor(options: BundlerOptions, routing: Routing) {
    const { database } = options;
    this.#options = options;
    this.#routing = routing;
    this.#officers = database
      .prepare("SELECT DISTINCT officer FROM told WHERE state = 'waiting' AND due_ms <= ? LIMIT ?")
      .pluck();
    this.#waiting = database.prepare(
      `SELECT id, alert, event, urgent, group_key AS groupKey, made_ms AS madeMs, reason FROM told
       WHERE state = 'waiting' AND officer = ? AND due_ms <= ? ORDER BY id`,
    );
    this.#hold = database.prepare("UPDATE told SET due_ms = ?, reason = ? WHERE id = ?");
    this.#drop = database.prepare("UPDATE told SET state = 'withdrawn', reason = 'late-end' WHERE id = ?");
    this.#nextDue = database.prepare("SELECT min(due_ms) FROM told WHERE state = 'waiting'").pluck();
    this.#failedTier = database
      .prepare("SELECT tier FROM duty_step WHERE alert = ? AND reason <> 'informed' ORDER BY id DESC LIMIT 1 OFFSET 1")
      .pluck();
  }

  useRouting(routing: Routing): void {
    this.#routing = routing;
  }

  nextDueMs(): number | null {
    return this.#nextDue.get() as number | null;
  }

  /** Makes every message that may be made now. Returns how many. */
  go(nowMs: number): number {
    let made = 0;
    for (const officer of this.#officers.all(nowMs, mostOfficersAtOnce) as string[]) {
      while (this.#next(officer, nowMs)) made++;
    }
    return made;
  }

  #next(officer: string, nowMs: number): boolean {
    const waiting = this.#waiting.all(officer, nowMs) as Waiting[];
    if (waiting.length === 0) return false;
    const { take, hold, drop } = bundle(waiting, this.#standing(officer, nowMs));
    for (const { id } of drop) this.#drop.run(id);
    for (const { waiting: held, untilMs, reason } of hold) {
      // Always later than now: it would be looked at again and again.
      for (const { id } of held) this.#hold.run(Math.max(untilMs, nowMs + 1), reason, id);
    }
    if (take.length > 0) this.#make(officer, take, nowMs);
    return take.length > 0;
  }

  #standing(officer: string, nowMs: number): Standing {
    const { messages, clock } = this.#options;
    const { limits, grouping } = this.#routing;
    const dayStart = dayStartMs(clock, nowMs);
    const isSpent = messages.countSince(dayStart) >= limits.perDay;
    return {
      ...{ nowMs, limits: limits.perOfficer, alarmLimits: limits.alarm, intervalMs: grouping.intervalMs },
      sentMs: messages.sentTo(officer, nowMs - longestMs(limits.perOfficer), false),
      alarmSentMs: messages.sentTo(officer, nowMs - longestMs(limits.alarm), true),
      lastOfGroupMs: (group) => messages.lastOfGroupMs(officer, group, nowMs - grouping.intervalMs),
      isSending: messages.isSendingTo(officer, nowMs - dayMs),
      budgetSpentUntilMs: isSpent ? nextAtMinute(clock, 0, nowMs) : null,
    };
  }

  #make(officer: string, take: readonly Waiting[], nowMs: number): void {
    const { messages, alerts, roster } = this.#options;
    const [first] = take;
    const last = take.at(-1);
    if (first === undefined || last === undefined) return;
    const distinct = new Set(take.map(({ alert }) => alert)).size;
    const alert = alerts.alert(first.alert);
    if (alert === undefined) return;
    const urgent = Math.max(...take.map((one) => one.urgent));
    const phone = roster.officer(officer, nowMs)?.phone ?? "";
    const hasCode = distinct === 1 && last.event !== "resolved" && phone !== "";
    const code = hasCode ? hiddenCode : "";
    const tier = (this.#failedTier.get(first.alert) as string | undefined) ?? "";
    const said =
      distinct === 1
        ? sayAlert(this.#options, alert, { event: last.event, tier, code, nowMs })
        : sayGroup(this.#options, { first: alert, urgent, count: distinct, sinceMs: first.madeMs, nowMs });
    messages.make(
      {
        ...{ officer, phone: "", said, code, urgent, alerts: distinct, nowMs, deadlineMs: nowMs + deadlineAfterMs },
        ...{ groupKey: first.groupKey, about: `${first.id}-${last.id}-${take.length}` },
      },
      take.map(({ id }) => id),
    );
  }
}
