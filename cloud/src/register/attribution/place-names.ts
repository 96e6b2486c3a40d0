import type { Statement } from "better-sqlite3";
import type { SqliteDatabase } from "../../store/database.ts";

/** What has a name. */
export type NamedPlace = "site" | "area" | "stall" | "vendor";

interface KnownName {
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

/** So many names are remembered; a city has more, a screen shows fewer. */
const maxKnown = 20_000;

const columns: Readonly<Record<NamedPlace, string>> = { site: "name", area: "name", stall: "label", vendor: "name" };

/** Names by code and minute, as the register says; the latest ones are remembered until {@link forget}. */
export class PlaceNames {
  readonly #find: Readonly<Record<NamedPlace, Statement>>;
  readonly #known = new Map<string, KnownName>();

  constructor(database: SqliteDatabase) {
    const find = (table: NamedPlace): Statement =>
      database.prepare(
        `SELECT ${columns[table]} AS name, valid_from AS "from", valid_to AS "to" FROM ${table}
         WHERE code = ? AND until_change IS NULL AND valid_from <= ? AND ? < valid_to`,
      );
    this.#find = { site: find("site"), area: find("area"), stall: find("stall"), vendor: find("vendor") };
  }

  /** The name of a code at a minute; the code itself where the register has no name then. */
  nameOf(kind: NamedPlace, code: string, minute: number): string {
    const key = `${kind} ${code}`;
    const known = this.#known.get(key);
    if (known !== undefined && known.from <= minute && minute < known.to) return known.name;
    const found = this.#find[kind].get(code, minute, minute) as KnownName | undefined;
    if (found === undefined) return code;
    if (this.#known.size >= maxKnown) this.#known.clear();
    this.#known.set(key, found);
    return found.name;
  }

  /** The register has changed. */
  forget(): void {
    this.#known.clear();
  }
}
