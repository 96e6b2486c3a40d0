import type { SqliteDatabase } from "../../store/database.ts";
import { momentOf, type Observation } from "../observation.ts";
import type { Expected, Places } from "../places/places.ts";
import type { AbsenceSpec, AlertRule } from "../rule.ts";
import { GroupStates } from "./group-states.ts";

interface PresenceState {
  /** Effective time of the latest record. */
  readonly atMs: number;
  /** Its local day, and how many there were on it. */
  readonly day: string;
  readonly count: number;
  /** Whether it was missing when it was looked at last. */
  readonly missing: boolean;
}

const never: PresenceState = { atMs: 0, day: "", count: 0, missing: false };
const minuteMs = 60_000;

/** Labels that a rule about absence gives by itself. */
export const absenceLabels = ["site", "siteName", "gateway", "device", "stall"] as const;

const groupOf = (each: AbsenceSpec["each"], of: { site: string; gw: string; dev: string }): string =>
  JSON.stringify(each === "site" ? { site: of.site } : { gateway: of.gw, device: of.dev });

/**
 * When the latest record of each site or device was, and which the register expects but nobody has heard. Only the
 * centre's clock finds what is missing, so it is looked at once a minute and only with the ledger read to its end. All in
 * the caller's transaction.
 */
export class PresenceBook {
  readonly #states: GroupStates<PresenceState>;
  readonly #places: Places;

  constructor(database: SqliteDatabase, places: Places) {
    this.#states = new GroupStates(database, "presence", (stored) => stored as PresenceState);
    this.#places = places;
  }

  /** Takes a record that counts as presence; returns what ends with it. */
  see(rule: AlertRule, observation: Observation): Observation | undefined {
    if (rule.absence === null) return undefined;
    const { each } = rule.absence;
    if (each === "site" && observation.site === "") return undefined;
    const groupKey = groupOf(each, observation);
    const known = this.#states.get(rule.id, groupKey) ?? never;
    const next = this.#with(known, observation);
    if (next === known) return undefined;
    const missing = known.missing && this.#stillMissing(rule.absence, next, observation);
    this.#states.set(rule.id, groupKey, { ...next, missing }, null);
    const { labels } = observation;
    return known.missing && !missing ? { ...observation, labels, groupKey, holds: false } : undefined;
  }

  /** Days before the latest one that was heard of are past: nothing asks for them any more. */
  #with(known: PresenceState, { atMs }: Observation): PresenceState {
    const day = this.#places.day(atMs);
    if (day < known.day) return known;
    const count = day === known.day ? known.count + 1 : 1;
    return { ...known, atMs: Math.max(atMs, known.atMs), day, count };
  }

  /** A record of yesterday says nothing about today. */
  #stillMissing(spec: AbsenceSpec, next: PresenceState, { receivedMs }: Observation): boolean {
    if (spec.byMinute !== null) return next.day !== this.#places.day(receivedMs) || next.count < spec.least;
    return receivedMs - next.atMs >= (spec.forMs ?? 0);
  }

  /**
   * Looks for what is missing now; returns what began or ended. `sinceMs`: since when the rule has been watching, before
   * which nobody listened.
   */
  tick(rule: AlertRule, nowMs: number, sinceMs: number, salt: () => string): Observation[] {
    if (rule.absence === null) return [];
    const { each, types } = rule.absence;
    const minute = Math.floor(nowMs / minuteMs);
    const changes: Observation[] = [];
    for (const expected of this.#places.expected(each, types, minute)) {
      const groupKey = groupOf(each, expected);
      const known = this.#states.get(rule.id, groupKey) ?? never;
      const missing = this.#isMissing(rule, expected, { known, sinceMs, nowMs });
      if (missing === known.missing) continue;
      this.#states.set(rule.id, groupKey, { ...known, missing }, null);
      const { site, siteName, gw, dev, stall } = expected;
      const labels = { site, siteName, gateway: gw, device: dev, stall };
      const of = { rule: rule.id, groupKey, labels, gw: gw || "centre", dev: dev || gw || "centre", site };
      changes.push(momentOf(of, { holds: missing, atMs: nowMs, salt: salt() }));
    }
    this.#states.flush();
    return changes;
  }

  #isMissing(
    { absence, during }: AlertRule,
    { site }: Expected,
    at: { readonly known: PresenceState; readonly sinceMs: number; readonly nowMs: number },
  ): boolean {
    if (absence === null) return false;
    const { known, sinceMs, nowMs } = at;
    const minute = Math.floor(nowMs / minuteMs);
    if (absence.byMinute !== null) {
      const { minuteOfDay } = this.#places.localTime(minute);
      const today = this.#places.day(nowMs);
      // Nobody listened all day.
      if (minuteOfDay < absence.byMinute || this.#places.day(sinceMs) === today) return false;
      if (known.day === today && known.count >= absence.least) return false;
      // Open at the hour by which it should be there: a day off asks for nothing.
      return during === null || this.#places.within(site, during, minute - minuteOfDay + absence.byMinute);
    }
    const forMs = absence.forMs ?? 0;
    if (nowMs - Math.max(known.atMs, sinceMs) < forMs) return false;
    const before = Math.floor((nowMs - forMs) / minuteMs);
    return during === null || (this.#places.within(site, during, minute) && this.#places.within(site, during, before));
  }

  forgetRule(rule: string): void {
    this.#states.forgetRule(rule);
  }

  flush(): void {
    this.#states.flush();
  }
}
