import { momentOf, type Observation, restated } from "../observation.ts";
import type { Expected, Places } from "../places/places.ts";
import type { AbsenceSpec, AlertRule } from "../rule.ts";
import type { GatheredPart, PartKind } from "./gathered-part.ts";
import type { GatheredStore } from "./gathered-store.ts";

/** A presence as it is stored. */
interface StoredPresence {
  readonly atMs: number;
  readonly day: string;
  readonly count: number;
  readonly missing: boolean;
}

/** Whether records of one site or device were heard of. */
class PresenceState implements GatheredPart {
  /** Effective time of the latest record. */
  atMs: number;
  /** Its local day, and how many there were on it. */
  day: string;
  count: number;
  /** Whether it was missing when it was looked at last. */
  missing: boolean;

  constructor({ atMs, day, count, missing }: StoredPresence = { atMs: 0, day: "", count: 0, missing: false }) {
    this.atMs = atMs;
    this.day = day;
    this.count = count;
    this.missing = missing;
  }

  // Said by all alike, so that none of the hundred thousands has to hold it.
  get dueMs(): null {
    return null;
  }

  get goneMs(): null {
    return null;
  }

  get lines(): readonly number[] {
    return [];
  }

  get size(): number {
    return 0;
  }

  /** Adds a record; false when it is of a day before: those are past, nothing asks for them any more. */
  add(atMs: number, day: string): boolean {
    if (day < this.day) return false;
    this.count = day === this.day ? this.count + 1 : 1;
    this.day = day;
    this.atMs = Math.max(atMs, this.atMs);
    return true;
  }

  /** That somebody was there is not taken back. */
  dropLine(): boolean {
    return false;
  }

  release(): void {}

  toJSON(): StoredPresence {
    const { atMs, day, count, missing } = this;
    return { atMs, day, count, missing };
  }
}

/** Presences; days are those of a place. */
export const presenceKind = (dayOf: (atMs: number) => string): PartKind<PresenceState> => ({
  empty: () => new PresenceState(),
  revive: (_arena, stored) => new PresenceState(stored as StoredPresence),
  replay: (part, { atMs, value }) => {
    part.add(atMs, typeof value === "string" ? value : dayOf(atMs));
  },
});

const never = new PresenceState();
const minuteMs = 60_000;

/** Labels that a rule about absence gives by itself. */
export const absenceLabels = ["site", "siteName", "gateway", "device", "stall"] as const;

/** What tells groups of a rule about absence apart, as texts over a record. */
export const absenceGroup = (each: AbsenceSpec["each"]): Readonly<Record<string, string>> =>
  each === "site" ? { site: "site.code" } : { gateway: "gw", device: "dev" };

const groupOf = (each: AbsenceSpec["each"], of: { site: string; gw: string; dev: string }): string =>
  JSON.stringify(each === "site" ? { site: of.site } : { gateway: of.gw, device: of.dev });

/**
 * When the latest record of each site or device was, and which the register expects but nobody has heard. Only the
 * centre's clock finds what is missing, so it is looked at once a minute and only with the ledger read to its end. All in
 * the caller's transaction.
 */
export class PresenceBook {
  readonly #gathered: GatheredStore;
  readonly #places: Places;
  /** Keys of what is expected, which is looked for again and again. */
  readonly #keys: Readonly<Record<AbsenceSpec["each"], WeakMap<Expected, string>>> = {
    site: new WeakMap(),
    device: new WeakMap(),
  };

  constructor(gathered: GatheredStore, places: Places) {
    this.#gathered = gathered;
    this.#places = places;
  }

  /** Takes a record that counts as presence; returns what ends with it. */
  see(rule: AlertRule, epoch: number, observation: Observation): Observation | undefined {
    const { groupKey, atMs } = observation;
    if (rule.absence === null || (rule.absence.each === "site" && observation.site === "")) return undefined;
    const group = this.#gathered.group(groupKey);
    const state = this.#gathered.part<PresenceState>(group, epoch);
    const day = this.#dayOf(rule, observation.site, atMs);
    if (!state.add(atMs, day)) return undefined;
    this.#gathered.added(group, epoch, atMs, 0, day === this.#places.day(atMs) ? null : day);
    if (!state.missing || this.#stillMissing(rule, state, observation)) return undefined;
    state.missing = false;
    this.#gathered.changed(group, true);
    return restated(observation, { holds: false, labels: observation.labels });
  }

  /** The day to which a moment counts: where hours last over midnight, until their end that of the evening before. */
  #dayOf({ absence, during }: AlertRule, site: string, atMs: number): string {
    if (absence?.byMinute == null || during === null) return this.#places.day(atMs);
    const minute = Math.floor(atMs / minuteMs);
    const { minuteOfDay } = this.#places.localTime(minute);
    const isNight = minuteOfDay < this.#places.nightEnd(site, during, minute);
    return this.#places.day(isNight ? atMs - (minuteOfDay + 1) * minuteMs : atMs);
  }

  /** A record of yesterday says nothing about today. */
  #stillMissing(rule: AlertRule, next: PresenceState, { site, receivedMs }: Observation): boolean {
    const { byMinute, least, forMs } = rule.absence ?? { byMinute: null, least: 1, forMs: 0 };
    if (byMinute !== null) return next.day !== this.#dayOf(rule, site, receivedMs) || next.count < least;
    return receivedMs - next.atMs >= (forMs ?? 0);
  }

  /**
   * Looks for what is missing now; returns what began or ended. `sinceMs`: since when the rule has been watching, before
   * which nobody listened.
   */
  tick(rule: AlertRule, epoch: number, nowMs: number, sinceMs: number, salt: () => string): Observation[] {
    if (rule.absence === null) return [];
    const { each, types } = rule.absence;
    const minute = Math.floor(nowMs / minuteMs);
    const changes: Observation[] = [];
    for (const expected of this.#places.expected(each, types, minute)) {
      const groupKey = this.#keyOf(each, expected);
      const known = (this.#gathered.peek(groupKey)?.parts.get(epoch) as PresenceState | undefined) ?? never;
      const missing = this.#isMissing(rule, expected, { known, sinceMs, nowMs });
      if (missing === known.missing) continue;
      const group = this.#gathered.group(groupKey);
      this.#gathered.part<PresenceState>(group, epoch).missing = missing;
      this.#gathered.changed(group, true);
      const { site, siteName, gw, dev, stall } = expected;
      const labels = { site, siteName, gateway: gw, device: dev, stall };
      const of = { rule: rule.id, groupKey, labels, gw: gw || "centre", dev: dev || gw || "centre", site };
      changes.push(momentOf(of, { holds: missing, atMs: nowMs, salt: salt() }));
    }
    return changes;
  }

  #keyOf(each: AbsenceSpec["each"], expected: Expected): string {
    let key = this.#keys[each].get(expected);
    if (key === undefined) {
      key = groupOf(each, expected);
      this.#keys[each].set(expected, key);
    }
    return key;
  }

  #isMissing(
    rule: AlertRule,
    expected: Expected,
    at: { readonly known: PresenceState; readonly sinceMs: number; readonly nowMs: number },
  ): boolean {
    const { absence, during } = rule;
    if (absence === null) return false;
    if (absence.byMinute !== null) return this.#isMissingToday(rule, absence.byMinute, expected, at);
    const { known, sinceMs, nowMs } = at;
    const { site } = expected;
    const minute = Math.floor(nowMs / minuteMs);
    const forMs = absence.forMs ?? 0;
    if (nowMs - Math.max(known.atMs, sinceMs) < forMs) return false;
    const before = Math.floor((nowMs - forMs) / minuteMs);
    return during === null || (this.#places.within(site, during, minute) && this.#places.within(site, during, before));
  }

  #isMissingToday(
    rule: AlertRule,
    byMinute: number,
    { site }: Expected,
    at: { readonly known: PresenceState; readonly sinceMs: number; readonly nowMs: number },
  ): boolean {
    const { during } = rule;
    const { known, sinceMs, nowMs } = at;
    const minute = Math.floor(nowMs / minuteMs);
    const { minuteOfDay } = this.#places.localTime(minute);
    const nightEnd = during === null ? 0 : this.#places.nightEnd(site, during, minute);
    // By one in the morning is what the night before ends with; by ten in the evening, what it began with.
    const isNight = minuteOfDay < nightEnd;
    const isOfNight = byMinute < nightEnd;
    if (isOfNight && !isNight) return false;
    const dueMinute = minute - minuteOfDay + byMinute - (isNight && !isOfNight ? 1_440 : 0);
    const today = this.#dayOf(rule, site, nowMs);
    // Before that nobody listened all day.
    if (minute < dueMinute || this.#dayOf(rule, site, sinceMs) === today) return false;
    if (known.day === today && known.count >= (rule.absence?.least ?? 1)) return false;
    // Open at the hour by which it should be there: a day off asks for nothing.
    return during === null || this.#places.within(site, during, dueMinute);
  }
}
