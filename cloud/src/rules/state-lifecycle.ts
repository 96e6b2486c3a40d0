import type { AlertReason } from "../alerts/alert.ts";
import type { AlertStore } from "../alerts/alert-store.ts";
import type { SqliteDatabase } from "../store/database.ts";
import type { Judging } from "./event-lifecycle.ts";
import { isLater, type Observation } from "./observation.ts";
import { isLate, openAlert } from "./open-alert.ts";
import type { Places } from "./places/places.ts";
import type { AlertRule } from "./rule.ts";
import { type SeriesRow, SeriesStore } from "./series/series-store.ts";

const minuteMs = 60_000;

/** State rules: the group's latest observation tells; `for` is counted by the centre's clock. In the caller's transaction. */
export class StateLifecycle {
  readonly #store: AlertStore;
  readonly #places: Places;
  readonly #series: SeriesStore;

  constructor(database: SqliteDatabase, store: AlertStore, places: Places) {
    this.#store = store;
    this.#places = places;
    this.#series = new SeriesStore(database);
  }

  /** Takes an observation of a line that counts. */
  observe(rule: AlertRule, observation: Observation, judging: Judging): void {
    const { groupKey, holds } = observation;
    const { line, boot } = judging;
    const known = this.#series.get(rule.id, groupKey);
    if (judging.ordered !== true && known !== undefined && !isLater(observation, known.latest)) return;
    const held = known?.holds === true;
    let dueMs = known?.dueMs ?? null;
    if (holds && !held) dueMs = this.#begin(rule, observation, judging);
    if (!holds && held) {
      this.#end(rule.id, groupKey, judging, "condition-ended", observation.lsn);
      dueMs = null;
    }
    this.#series.put(observation, { holds, dueMs, line, boot });
  }

  /** Writes what was observed. Nothing of a transaction counts before. */
  flush(): void {
    this.#series.flush();
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
    return this.#series.get(rule, groupKey)?.holds === true;
  }

  /** What was last said of each group for which the condition holds. */
  holding(rule: string): readonly Observation[] {
    return this.#series.holding(rule);
  }

  /**
   * Fires what has been pending for long enough; what is due outside the rule's hours waits for them. Call only when the
   * ledger was read to its end. True when something fired.
   */
  tick(rules: ReadonlyMap<string, AlertRule>, nowMs: number): boolean {
    const nextMs = this.nextDueMs();
    if (nextMs === null || nextMs > nowMs) return false;
    const rows = this.#series.due(nowMs);
    for (const row of rows) {
      const { rule, groupKey, dueMs, observation } = row;
      const laterMs = this.#waitsUntil(rules.get(rule), observation, nowMs);
      this.#series.setDue(row, laterMs);
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
    return this.#series.nextDueMs();
  }

  /** Nothing fires before `notBeforeMs`: what ended while the centre was down has its chance to say so. */
  holdBack(notBeforeMs: number): void {
    for (const row of this.#series.due(notBeforeMs)) this.#series.setDue(row, notBeforeMs);
  }

  /** Takes back what stands on a line that became disputed, and returns its observations. */
  withdraw(line: number, nowMs: number): Observation[] {
    const rows = this.#series.ofLine(line);
    for (const { rule, groupKey } of rows) {
      this.#end(rule, groupKey, { nowMs, quiet: false }, "line-disputed", null);
    }
    this.#series.remove(rows);
    return rows.map(({ observation }) => observation);
  }

  /** Forgets a rule that is no longer there. */
  forgetRule(rule: string): void {
    this.#series.removeRule(rule);
  }

  /** Brings observations of a boot to the times that are known now. */
  retime(
    rules: ReadonlyMap<string, AlertRule>,
    boot: number,
    atOf: (observation: Observation) => number,
    nowMs: number,
  ): void {
    for (const row of this.#series.ofBoot(boot)) {
      const { observation: before } = row;
      const observation = { ...before, atMs: atOf(before) };
      if (observation.atMs === before.atMs) continue;
      const rule = rules.get(row.rule);
      const dueMs = rule === undefined ? null : this.#retimePending(rule, row, observation, nowMs);
      this.#series.retime(row, observation, dueMs);
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
