import type { Statement } from "better-sqlite3";
import type { AlertReason } from "../alerts/alert.ts";
import type { AlertStore } from "../alerts/alert-store.ts";
import type { SqliteDatabase } from "../store/database.ts";
import type { Judging } from "./event-lifecycle.ts";
import { isLater, type Observation } from "./observation.ts";
import { isLate, openAlert } from "./open-alert.ts";
import type { Places } from "./places/places.ts";
import type { AlertRule } from "./rule.ts";

interface SeriesRow {
  readonly rule: string;
  readonly groupKey: string;
  readonly holds: number;
  readonly dueMs: number | null;
  readonly line: number;
  readonly boot: number;
  readonly observation: string;
}

/** Where an observation stands in time. */
type Moment = Pick<Observation, "gw" | "boot" | "monoMs" | "atMs" | "lsn">;

/** What is known of a group without asking the disk. */
interface Known {
  readonly holds: boolean;
  readonly dueMs: number | null;
  readonly line: number;
  readonly boot: number;
  readonly latest: Moment;
}

/** Groups that are known without asking the disk; beyond, all of them are asked for again. */
const mostKnown = 50_000;

const inTime = ({ gw, boot, monoMs, atMs, lsn }: Observation): Moment => ({ gw, boot, monoMs, atMs, lsn });

const minuteMs = 60_000;

/** State rules: the group's latest observation tells; `for` is counted by the centre's clock. In the caller's transaction. */
export class StateLifecycle {
  readonly #store: AlertStore;
  readonly #places: Places;
  readonly #find: Statement<unknown[]>;
  readonly #save: Statement<unknown[]>;
  readonly #refresh: Statement<unknown[]>;
  readonly #setDue: Statement<unknown[]>;
  readonly #retime: Statement<unknown[]>;
  readonly #due: Statement<unknown[]>;
  readonly #nextDue: Statement<unknown[]>;
  readonly #ofLine: Statement<unknown[]>;
  readonly #ofBoot: Statement<unknown[]>;
  readonly #remove: Statement<unknown[]>;
  readonly #removeRule: Statement<unknown[]>;
  readonly #holding: Statement<unknown[]>;
  readonly #update: Statement<unknown[]>;
  /** Rows as they are, by rule and group. Dropped with everything else when a transaction fails. */
  readonly #known = new Map<string, Map<string, Known>>();
  #knownGroups = 0;
  /** When the next pending alert fires; undefined: the disk has to be asked. */
  #nextMs: number | null | undefined;

  constructor(database: SqliteDatabase, store: AlertStore, places: Places) {
    this.#store = store;
    this.#places = places;
    const columns = "rule, group_key AS groupKey, holds, due_ms AS dueMs, line, boot, observation";
    this.#find = database.prepare(`SELECT ${columns} FROM series WHERE rule = ? AND group_key = ?`);
    this.#save = database.prepare("INSERT OR REPLACE INTO series VALUES (?, ?, ?, ?, ?, ?, ?)");
    this.#refresh = database.prepare("UPDATE series SET observation = ? WHERE rule = ? AND group_key = ?");
    this.#update = database.prepare(
      "UPDATE series SET holds = ?, due_ms = ?, observation = ? WHERE rule = ? AND group_key = ?",
    );
    this.#setDue = database.prepare("UPDATE series SET due_ms = ? WHERE rule = ? AND group_key = ?");
    this.#retime = database.prepare("UPDATE series SET observation = ?, due_ms = ? WHERE rule = ? AND group_key = ?");
    this.#due = database.prepare(`SELECT ${columns} FROM series WHERE due_ms <= ? ORDER BY due_ms, rule, group_key`);
    this.#nextDue = database.prepare("SELECT min(due_ms) FROM series WHERE due_ms IS NOT NULL").pluck();
    this.#ofLine = database.prepare(`SELECT ${columns} FROM series WHERE line = ?`);
    this.#ofBoot = database.prepare(`SELECT ${columns} FROM series WHERE boot = ?`);
    this.#remove = database.prepare("DELETE FROM series WHERE rule = ? AND group_key = ?");
    this.#holding = database.prepare("SELECT observation FROM series WHERE rule = ? AND holds = 1").pluck();
    this.#removeRule = database.prepare("DELETE FROM series WHERE rule = ?");
  }

  /** Takes an observation of a line that counts. */
  observe(rule: AlertRule, observation: Observation, judging: Judging): void {
    const { groupKey, holds } = observation;
    const { line, boot } = judging;
    const known = this.#knownOf(rule.id, groupKey);
    if (judging.ordered !== true && known !== undefined && !isLater(observation, known.latest)) return;
    const held = known?.holds === true;
    let dueMs = known?.dueMs ?? null;
    if (holds && !held) dueMs = this.#begin(rule, observation, judging);
    if (!holds && held) {
      this.#end(rule.id, groupKey, judging, "condition-ended", observation.lsn);
      dueMs = null;
    }
    const text = JSON.stringify(observation);
    const isThere = known !== undefined && known.line === line && known.boot === boot;
    // Mostly nothing but the time is new: indexes need not be touched.
    if (isThere && held === holds && known.dueMs === dueMs) this.#refresh.run(text, rule.id, groupKey);
    else {
      this.#nextMs = undefined;
      if (isThere) this.#update.run(holds ? 1 : 0, dueMs, text, rule.id, groupKey);
      else this.#save.run(rule.id, groupKey, holds ? 1 : 0, dueMs, line, boot, text);
    }
    this.#know(rule.id, groupKey, { holds, dueMs, line, boot, latest: inTime(observation) });
  }

  #knownOf(rule: string, groupKey: string): Known | undefined {
    const known = this.#known.get(rule)?.get(groupKey);
    if (known !== undefined) return known;
    const row = this.#find.get(rule, groupKey) as SeriesRow | undefined;
    if (row === undefined) return undefined;
    const { holds, dueMs, line, boot, observation } = row;
    const latest = inTime(JSON.parse(observation) as Observation);
    const found: Known = { holds: holds === 1, dueMs, line, boot, latest };
    this.#know(rule, groupKey, found);
    return found;
  }

  #know(rule: string, groupKey: string, known: Known): void {
    let groups = this.#known.get(rule);
    if (groups === undefined) {
      groups = new Map();
      this.#known.set(rule, groups);
    }
    const before = groups.size;
    groups.set(groupKey, known);
    this.#knownGroups += groups.size - before;
    if (this.#knownGroups > mostKnown) this.#forget();
  }

  /** Rows have been changed otherwise: they are asked for again. */
  #forget(): void {
    this.#known.clear();
    this.#knownGroups = 0;
    this.#nextMs = undefined;
  }

  #forgetOne(rule: string, groupKey: string): void {
    if (this.#known.get(rule)?.delete(groupKey) === true) this.#knownGroups--;
    this.#nextMs = undefined;
  }

  /** Opens a pending alert and returns when it fires; null where the rule lets late records raise nothing. */
  #begin(rule: AlertRule, observation: Observation, { nowMs, quiet, kept }: Judging): number | null {
    const late = isLate(rule, observation);
    if (rule.lifecycle.type !== "state" || (late && rule.lifecycle.late === "ignore")) return null;
    const startedMs = Math.min(observation.atMs, nowMs);
    const reason = kept ? "line-kept" : late ? "condition-met-late" : "condition-met";
    openAlert(this.#store, rule, observation, { to: "pending", reason, late, startedMs, nowMs, quiet });
    const fromMs = late && rule.lifecycle.late === "wait" ? nowMs : startedMs;
    return fromMs + rule.lifecycle.forMs;
  }

  #end(
    rule: string,
    groupKey: string,
    { nowMs, quiet }: Pick<Judging, "nowMs" | "quiet">,
    reason: AlertReason,
    lsn: number | null,
  ): void {
    const alert = this.#store.openAlert(rule, groupKey);
    if (alert === undefined) return;
    const why = alert.state === "pending" && reason === "condition-ended" ? "ended-while-pending" : reason;
    this.#store.change(alert.id, { to: "resolved", reason: why, atMs: nowMs, lsn, quiet });
  }

  /** Whether the condition holds for a group as far as anybody said. */
  holds(rule: string, groupKey: string): boolean {
    return this.#knownOf(rule, groupKey)?.holds === true;
  }

  /** What was last said of each group for which the condition holds. */
  holding(rule: string): Observation[] {
    return (this.#holding.all(rule) as string[]).map((text) => JSON.parse(text) as Observation);
  }

  /**
   * Fires what has been pending for long enough; what is due outside the rule's hours waits for them. Call only when the
   * ledger was read to its end. True when something fired.
   */
  tick(rules: ReadonlyMap<string, AlertRule>, nowMs: number): boolean {
    const nextMs = this.nextDueMs();
    if (nextMs === null || nextMs > nowMs) return false;
    const rows = this.#due.all(nowMs) as SeriesRow[];
    for (const { rule, groupKey, dueMs, observation } of rows) {
      this.#forgetOne(rule, groupKey);
      const laterMs = this.#waitsUntil(rules.get(rule), JSON.parse(observation) as Observation, nowMs);
      this.#setDue.run(laterMs, rule, groupKey);
      if (laterMs !== null) continue;
      const alert = this.#store.openAlert(rule, groupKey);
      if (alert?.state !== "pending") continue;
      this.#store.change(alert.id, {
        to: "firing",
        reason: "for-elapsed",
        atMs: nowMs,
        lsn: alert.lsn,
        detail: { dueMs },
      });
    }
    return rows.length > 0;
  }

  /** Outside the rule's hours: when they are on again and have lasted for the rule's `for`; null: now. */
  #waitsUntil(rule: AlertRule | undefined, { site }: Observation, nowMs: number): number | null {
    if (rule === undefined || rule.during === null || rule.lifecycle.type !== "state") return null;
    const minute = Math.floor(nowMs / minuteMs);
    const next = this.#places.nextWithin(site, rule.during, minute);
    // Hours that do not come within a fortnight are asked for again in a day: calendars change.
    if (next === null) return nowMs + 1440 * minuteMs;
    return next === minute ? null : next * minuteMs + rule.lifecycle.forMs;
  }

  /** When the next pending alert fires; null when none is pending. */
  nextDueMs(): number | null {
    if (this.#nextMs === undefined) this.#nextMs = this.#nextDue.get() as number | null;
    return this.#nextMs;
  }

  /** Nothing fires before `notBeforeMs`: what ended while the centre was down has its chance to say so. */
  holdBack(notBeforeMs: number): void {
    this.#forget();
    for (const { rule, groupKey } of this.#due.all(notBeforeMs) as SeriesRow[]) {
      this.#setDue.run(notBeforeMs, rule, groupKey);
    }
  }

  /** Takes back what stands on a line that became disputed, and returns its observations. */
  withdraw(line: number, nowMs: number): Observation[] {
    const rows = this.#ofLine.all(line) as SeriesRow[];
    this.#forget();
    for (const { rule, groupKey } of rows) {
      this.#end(rule, groupKey, { nowMs, quiet: false }, "line-disputed", null);
      this.#remove.run(rule, groupKey);
    }
    return rows.map(({ observation }) => JSON.parse(observation) as Observation);
  }

  /** Forgets a rule that is no longer there. */
  forgetRule(rule: string): void {
    this.#removeRule.run(rule);
    this.#forget();
  }

  /** Brings observations of a boot to the times that are known now. */
  retime(
    rules: ReadonlyMap<string, AlertRule>,
    boot: number,
    atOf: (observation: Observation) => number,
    nowMs: number,
  ): void {
    this.#forget();
    for (const row of this.#ofBoot.all(boot) as SeriesRow[]) {
      const before = JSON.parse(row.observation) as Observation;
      const observation = { ...before, atMs: atOf(before) };
      if (observation.atMs === before.atMs) continue;
      const rule = rules.get(row.rule);
      const dueMs = rule === undefined ? null : this.#retimePending(rule, row, observation, nowMs);
      this.#retime.run(JSON.stringify(observation), dueMs, row.rule, row.groupKey);
    }
  }

  #retimePending(
    rule: AlertRule,
    { groupKey, dueMs }: SeriesRow,
    observation: Observation,
    nowMs: number,
  ): number | null {
    const alert = this.#store.openAlert(rule.id, groupKey);
    // The latest observation may be a later one of the same state: the alert keeps the time of the one that opened it.
    if (rule.lifecycle.type !== "state" || alert?.lsn !== observation.lsn) return dueMs;
    const late = isLate(rule, observation);
    const startedMs = Math.min(observation.atMs, nowMs);
    this.#store.retime(alert.id, startedMs, late);
    const detail = { from: alert.startedMs, to: startedMs, late };
    this.#store.change(alert.id, { reason: "time-corrected", atMs: nowMs, lsn: alert.lsn, detail });
    if (dueMs === null || (late && rule.lifecycle.late === "wait")) return dueMs;
    if (!late || rule.lifecycle.late === "alert") return startedMs + rule.lifecycle.forMs;
    this.#store.change(alert.id, { to: "resolved", reason: "ended-while-pending", atMs: nowMs });
    return null;
  }
}
