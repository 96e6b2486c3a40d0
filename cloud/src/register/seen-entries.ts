import type { SqliteDatabase } from "../store/database.ts";
import type { Cover } from "../users/cover.ts";
import type { AttributionIndex } from "./attribution/attribution-index.ts";
import { forever } from "./model/validity.ts";

/** An entry's row, of whatever kind. */
export type EntryValues = Readonly<Record<string, unknown>>;

type Rule = (row: EntryValues, minute: number) => boolean;

const textOf = (row: EntryValues, name: string): string => {
  const value = row[name];
  return typeof value === "string" ? value : "";
};

/**
 * Which entries of the register somebody sees: those about the own areas and sites, the areas above them, and what is the same
 * for the whole city (calendars, units, items). An entry is judged by the minute of its validity that is nearest to now; a kind
 * that is not named here is not seen.
 */
export class SeenEntries {
  readonly #database: SqliteDatabase;
  readonly #index: AttributionIndex;
  readonly #cover: Cover;
  readonly #minute: number;
  #above: ReadonlySet<string> | undefined;
  #vendors: ReadonlySet<string> | undefined;
  #officers: ReadonlySet<string> | undefined;

  /** `index` up to date over the same register; `minute`: now. */
  constructor(database: SqliteDatabase, index: AttributionIndex, cover: Cover, minute: number) {
    this.#database = database;
    this.#index = index;
    this.#cover = cover;
    this.#minute = minute;
  }

  readonly #rules: Readonly<Record<string, Rule>> = {
    calendars: () => true,
    hours: () => true,
    holidays: () => true,
    units: () => true,
    items: () => true,
    areas: (row, minute) => this.#seesArea(textOf(row, "code"), minute) || this.#isAbove(textOf(row, "code")),
    sites: (row, minute) => this.#seesSite(textOf(row, "code"), minute),
    stalls: (row, minute) => this.#seesStall(textOf(row, "code"), minute),
    geometries: (row, minute) => this.#rules[`${textOf(row, "place")}s`]?.(row, minute) === true,
    tenancies: (row, minute) => this.#seesStall(textOf(row, "stall"), minute),
    vendors: (row) => this.#vendorsSeen().has(textOf(row, "code")),
    "item-codes": (row, minute) => textOf(row, "site") === "" || this.#seesSite(textOf(row, "site"), minute),
    devices: (row) => this.#seesDevice(row),
    verifications: (row) => this.#seesDevice(row),
    reagents: (row) => this.#seesDevice(row),
    placements: (row, minute) =>
      textOf(row, "stall") === ""
        ? this.#seesSite(textOf(row, "site"), minute)
        : this.#seesStall(textOf(row, "stall"), minute),
    officers: (row) => this.#officersSeen().has(textOf(row, "code")),
    duties: (row, minute) => this.#seesDuty(row, minute),
    absences: (row) => this.#officersSeen().has(textOf(row, "officer")),
  };

  /** Looks up what entries of a kind are judged by, so that it takes the same time whether there is one or none. */
  prepare(kind: string): void {
    if (this.#cover.whole) return;
    if (kind === "vendors") this.#vendorsSeen();
    if (kind === "officers" || kind === "absences") this.#officersSeen();
  }

  /** Whether an entry of a kind is seen. */
  sees(kind: string, row: EntryValues): boolean {
    return this.#cover.whole || this.#rules[kind]?.(row, this.#nearest(row)) === true;
  }

  #nearest(row: EntryValues): number {
    return Math.max(Number(row["valid_from"]), Math.min(this.#minute, Number(row["valid_to"]) - 1));
  }

  #seesDevice(row: EntryValues): boolean {
    return this.#index
      .stretches(textOf(row, "gw"), textOf(row, "dev"), 0, forever)
      .some(({ attribution }) => this.#cover.covers(attribution));
  }

  #seesArea(code: string, minute: number): boolean {
    return this.#index.path(code, minute).some((area) => this.#cover.areas.has(area));
  }

  #seesSite(code: string, minute: number): boolean {
    return this.#cover.covers(this.#index.site(code, minute));
  }

  #seesStall(code: string, minute: number): boolean {
    return this.#cover.covers(this.#index.stall(code, minute));
  }

  #seesDuty(row: EntryValues, minute: number): boolean {
    const site = textOf(row, "site");
    return site === "" ? this.#seesArea(textOf(row, "area"), minute) : this.#seesSite(site, minute);
  }

  #isAbove(code: string): boolean {
    this.#above ??= new Set([
      ...[...this.#cover.areas].flatMap((area) => this.#index.path(area, this.#minute)),
      ...[...this.#cover.sites].flatMap((site) => this.#index.site(site, this.#minute).areas),
    ]);
    return this.#above.has(code);
  }

  /** Who ever sold at a stall that is seen. */
  #vendorsSeen(): ReadonlySet<string> {
    this.#vendors ??= this.#named("tenancy", "vendor", (row, minute) => this.#seesStall(textOf(row, "stall"), minute));
    return this.#vendors;
  }

  /** Who was ever on duty for what is seen. */
  #officersSeen(): ReadonlySet<string> {
    this.#officers ??= this.#named("duty", "officer", (row, minute) => this.#seesDuty(row, minute));
    return this.#officers;
  }

  #named(table: "tenancy" | "duty", column: string, rule: Rule): ReadonlySet<string> {
    const rows = this.#database.prepare(`SELECT * FROM ${table} WHERE until_change IS NULL`).iterate();
    const found = new Set<string>();
    for (const row of rows as Iterable<EntryValues>) {
      if (rule(row, this.#nearest(row))) found.add(textOf(row, column));
    }
    return found;
  }
}
