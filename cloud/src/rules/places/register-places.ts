import type { Statement } from "better-sqlite3";
import { businessDays } from "../../effective-time/business-day.ts";
import { AttributionIndex } from "../../register/attribution/attribution-index.ts";
import { ItemFinder } from "../../register/attribution/item-finder.ts";
import { withinHours } from "../../register/duty/calendar-hours.ts";
import { DutyRoster } from "../../register/duty/on-duty.ts";
import { type ZoneClock, zoneClock } from "../../register/model/validity.ts";
import type { SqliteDatabase } from "../../store/database.ts";
import type { AbsenceSpec, Hours, ruleTiers } from "../rule.ts";
import { type Expected, nowhere, type Place, type Places, type ReagentUse, type RegisteredDevice } from "./places.ts";

interface SiteRow {
  readonly code: string;
  readonly name: string;
  readonly type: string;
  readonly calendar: string;
}

/** The latest answers by key; emptied when full, and when the register changes. */
class Remembered<Value, Key = string> {
  readonly #known = new Map<Key, Value>();

  of(key: Key, make: () => Value): Value {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const value = make();
    if (this.#known.size >= 20_000) this.#known.clear();
    this.#known.set(key, value);
    return value;
  }

  clear(): void {
    this.#known.clear();
  }
}

const searchMinutes = 14 * 1440;
const stepMinutes = 5;
const longestNightMinutes = 720;

const expectedSites = `
  SELECT s.code AS site, s.name AS siteName, s.type, '' AS dev, '' AS stall, coalesce((
    SELECT p.gw FROM placement p LEFT JOIN stall t ON t.code = p.stall AND t.until_change IS NULL
    WHERE p.until_change IS NULL AND p.valid_from <= @minute AND @minute < p.valid_to
      AND (p.site = s.code OR t.site = s.code) LIMIT 1), '') AS gw
  FROM site s WHERE s.until_change IS NULL AND s.valid_from <= @minute AND @minute < s.valid_to ORDER BY s.code`;

const expectedDevices = `
  SELECT coalesce(t.site, p.site) AS site, coalesce(s.name, '') AS siteName, d.class AS type, p.gw, p.dev, p.stall
  FROM placement p
  JOIN device d ON d.gw = p.gw AND d.dev = p.dev AND d.until_change IS NULL
    AND d.valid_from <= @minute AND @minute < d.valid_to
  LEFT JOIN stall t ON t.code = p.stall AND t.until_change IS NULL AND t.valid_from <= @minute AND @minute < t.valid_to
  LEFT JOIN site s ON s.code = coalesce(t.site, p.site) AND s.until_change IS NULL
    AND s.valid_from <= @minute AND @minute < s.valid_to
  WHERE p.until_change IS NULL AND p.valid_from <= @minute AND @minute < p.valid_to ORDER BY p.gw, p.dev`;

const registeredDevices = `
  SELECT e.*, e.type AS class, coalesce(v.certificate, '') AS certificate, coalesce(v.expires, '') AS expires
  FROM (${expectedDevices}) e
  LEFT JOIN verification v ON v.gw = e.gw AND v.dev = e.dev AND v.until_change IS NULL
    AND v.valid_from <= @minute AND @minute < v.valid_to`;

const boundaryTables = ["placement", "device", "stall", "site", "verification"] as const;
const nextBoundary = `SELECT min(at) FROM (${boundaryTables
  .map(
    (table) => `
  SELECT min(valid_from) AS at FROM ${table} WHERE until_change IS NULL AND valid_from > @minute
  UNION ALL SELECT min(valid_to) FROM ${table} WHERE until_change IS NULL AND valid_to > @minute`,
  )
  .join(" UNION ALL ")})`;

/** The nearest moment before or after a minute at which some item, or some code of one, begins or ends. */
const nameBoundary = (which: "min" | "max", side: "<=" | ">"): string => {
  const all = ["item", "item_code"].flatMap((table) =>
    ["valid_from", "valid_to"].map(
      (at) => `SELECT ${which}(${at}) AS at FROM ${table} WHERE until_change IS NULL AND ${at} ${side} @minute`,
    ),
  );
  return `SELECT ${which}(at) FROM (${all.join(" UNION ALL ")})`;
};

/** {@link Places} over a connection to the register, which may be read-only. */
export class RegisterPlaces implements Places {
  readonly #database: SqliteDatabase;
  readonly #clock: ZoneClock;
  readonly #dayOf: (atMs: number) => string;
  readonly #index: AttributionIndex;
  readonly #roster: DutyRoster;
  readonly #items: ItemFinder;
  readonly #boundary: Statement<unknown[]>;
  readonly #registered: Statement<unknown[]>;
  readonly #reagentLot: Statement<unknown[]>;
  readonly #reagentOf: Statement<unknown[]>;
  readonly #reagents = new Remembered<string>();
  #devices: { from: number; to: number; rows: RegisteredDevice[] } | undefined;
  /** By purpose and calendar. */
  readonly #hours = new Map<Hours, Map<string, Remembered<boolean, number>>>();
  readonly #opening = new Remembered<number>();
  readonly #nights = new Remembered<number>();
  /** Names of items at sites, between two moments at which some item or code changes. */
  readonly #names = new Map<string, Remembered<string>>();
  readonly #nameBefore: Statement<unknown[]>;
  readonly #nameAfter: Statement<unknown[]>;
  #namesFrom = 0;
  #namesTo = 0;
  readonly #expected = new Map<
    AbsenceSpec["each"],
    { from: number; to: number; rows: (Expected & { type: string })[]; ofTypes: Map<string, readonly Expected[]> }
  >();
  #sites = new Map<string, SiteRow>();

  constructor(database: SqliteDatabase, timezone: string) {
    this.#database = database;
    this.#clock = zoneClock(timezone);
    this.#dayOf = businessDays(timezone);
    this.#index = new AttributionIndex(database);
    this.#roster = new DutyRoster(database, this.#clock);
    this.#items = new ItemFinder(database);
    this.#boundary = database.prepare(nextBoundary).pluck();
    this.#registered = database.prepare(registeredDevices);
    const then = "until_change IS NULL AND valid_from <= @minute AND @minute < valid_to";
    this.#reagentLot = database.prepare(`SELECT expires FROM reagent WHERE lot = @lot AND ${then}`).pluck();
    this.#reagentOf = database
      .prepare(
        `SELECT expires FROM reagent WHERE gw = @gw AND dev = @dev AND assay IN ('', @assay) AND ${then}
         ORDER BY expires DESC LIMIT 1`,
      )
      .pluck();
    this.#nameBefore = database.prepare(nameBoundary("max", "<=")).pluck();
    this.#nameAfter = database.prepare(nameBoundary("min", ">")).pluck();
    this.#loadSites();
  }

  refresh(): void {
    if (!this.#index.refresh()) return;
    for (const memory of [this.#hours, this.#opening, this.#nights, this.#reagents, this.#names]) memory.clear();
    this.#namesTo = this.#namesFrom;
    this.#expected.clear();
    this.#devices = undefined;
    this.#loadSites();
  }

  #loadSites(): void {
    const rows = this.#database
      .prepare("SELECT code, name, type, calendar FROM site WHERE until_change IS NULL ORDER BY valid_from")
      .all() as SiteRow[];
    this.#sites = new Map(rows.map((row) => [row.code, row]));
  }

  placeOf(gw: string, dev: string, minute: number): Place {
    const { stall, vendor, site, areas } = this.#index.attribute(gw, dev, minute);
    if (site === null && stall === null) return nowhere;
    const code = site ?? "";
    const type = this.#sites.get(code)?.type ?? "";
    return { known: true, code, type, stall: stall ?? "", vendor: vendor ?? "", area: areas.at(-1) ?? "", areas };
  }

  siteOfGateway(gw: string, minute: number): string {
    return this.expected("device", [], minute).find((expected) => expected.gw === gw)?.site ?? "";
  }

  siteName(site: string): string {
    return this.#sites.get(site)?.name ?? site;
  }

  within(site: string, purpose: Hours, minute: number): boolean {
    const calendar = this.#sites.get(site)?.calendar ?? "";
    return calendar === "" || this.#within(calendar, purpose, minute);
  }

  #within(calendar: string, purpose: Hours, minute: number): boolean {
    let calendars = this.#hours.get(purpose);
    if (calendars === undefined) {
      calendars = new Map();
      this.#hours.set(purpose, calendars);
    }
    let hours = calendars.get(calendar);
    if (hours === undefined) {
      hours = new Remembered();
      calendars.set(calendar, hours);
    }
    return hours.of(minute, () => withinHours(this.#database, this.#clock, { calendar, purpose, minute }));
  }

  nextWithin(site: string, purpose: Hours, minute: number): number | null {
    const calendar = this.#sites.get(site)?.calendar ?? "";
    if (calendar === "" || this.#within(calendar, purpose, minute)) return minute;
    const from = minute - (minute % stepMinutes);
    const found = this.#opening.of(`${calendar} ${purpose} ${from}`, () => {
      for (let at = from + stepMinutes; at <= from + searchMinutes; at += stepMinutes) {
        if (this.#within(calendar, purpose, at)) return at;
      }
      return -1;
    });
    return found < 0 ? null : Math.max(found, minute);
  }

  nightEnd(site: string, purpose: Hours, minute: number): number {
    const calendar = this.#sites.get(site)?.calendar ?? "";
    if (calendar === "") return 0;
    const midnight = minute - this.#clock.local(minute).minuteOfDay;
    return this.#nights.of(`${calendar} ${purpose} ${midnight}`, () => {
      if (!this.#within(calendar, purpose, midnight - 1)) return 0;
      let end = 0;
      while (end <= longestNightMinutes && this.#within(calendar, purpose, midnight + end)) end += stepMinutes;
      return end > longestNightMinutes ? 0 : end;
    });
  }

  localTime(minute: number): { readonly weekday: number; readonly minuteOfDay: number } {
    return this.#clock.local(minute);
  }

  day(atMs: number): string {
    return this.#dayOf(atMs);
  }

  itemName(site: string, code: string, minute: number): string {
    if (minute < this.#namesFrom || minute >= this.#namesTo) {
      this.#names.clear();
      this.#namesFrom = (this.#nameBefore.get({ minute }) as number | null) ?? Number.NEGATIVE_INFINITY;
      this.#namesTo = (this.#nameAfter.get({ minute }) as number | null) ?? Number.POSITIVE_INFINITY;
    }
    let names = this.#names.get(site);
    if (names === undefined) {
      names = new Remembered();
      this.#names.set(site, names);
    }
    return names.of(code, () => this.#items.find(site === "" ? null : site, code, minute)?.name ?? code);
  }

  expected(each: AbsenceSpec["each"], types: readonly string[], minute: number): readonly Expected[] {
    let known = this.#expected.get(each);
    if (known === undefined || minute < known.from || minute >= known.to) {
      const rows = this.#database.prepare(each === "site" ? expectedSites : expectedDevices).all({ minute });
      const to = (this.#boundary.get({ minute }) as number | null) ?? Number.POSITIVE_INFINITY;
      known = { from: minute, to, rows: rows as (Expected & { type: string })[], ofTypes: new Map() };
      this.#expected.set(each, known);
    }
    if (types.length === 0) return known.rows;
    const key = types.join(" ");
    let ofTypes = known.ofTypes.get(key);
    if (ofTypes === undefined) {
      ofTypes = known.rows.filter(({ type }) => types.includes(type));
      known.ofTypes.set(key, ofTypes);
    }
    return ofTypes;
  }

  registered(minute: number): readonly RegisteredDevice[] {
    let known = this.#devices;
    if (known === undefined || minute < known.from || minute >= known.to) {
      const to = (this.#boundary.get({ minute }) as number | null) ?? Number.POSITIVE_INFINITY;
      known = { from: minute, to, rows: this.#registered.all({ minute }) as RegisteredDevice[] };
      this.#devices = known;
    }
    return known.rows;
  }

  reagentExpiry({ gw, dev, assay, lot }: ReagentUse, minute: number): string {
    return this.#reagents.of(`${gw} ${dev} ${assay} ${lot} ${Math.floor(minute / 60)}`, () => {
      const found = (lot === "" ? this.#reagentOf : this.#reagentLot).get({ gw, dev, assay, lot, minute });
      return (found as string | undefined) ?? "";
    });
  }

  onDuty(site: string, tier: (typeof ruleTiers)[number], minute: number): string | undefined {
    return this.#roster.find(site, tier, minute)?.officer;
  }
}

/** {@link Places} where there is no register: nothing is placed, hours are unknown. */
export const noPlaces = (timezone: string): Places => {
  const clock = zoneClock(timezone);
  const dayOf = businessDays(timezone);
  return {
    refresh: () => undefined,
    placeOf: () => nowhere,
    siteName: (site) => site,
    siteOfGateway: () => "",
    within: () => true,
    nextWithin: (_site, _purpose, minute) => minute,
    nightEnd: () => 0,
    localTime: (minute) => clock.local(minute),
    day: dayOf,
    itemName: (_site, code) => code,
    registered: () => [],
    reagentExpiry: () => "",
    expected: () => [],
    onDuty: () => undefined,
  };
};
