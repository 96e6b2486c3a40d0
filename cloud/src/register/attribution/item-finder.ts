import type { Statement } from "better-sqlite3";
import type { SqliteDatabase } from "../../store/database.ts";

/** An item as it was at a time. */
export interface FoundItem {
  readonly item: string;
  readonly name: string;
  readonly category: string;
  readonly unit: string;
  /** What led to it: a code of the site, one of the whole city, or the item's own. */
  readonly by: "site-code" | "city-code" | "item-code";
}

const columns = "code AS item, name, category, unit";

/**
 * Says what a code on a receipt meant at a site at a time. Codes are given to other items in the course of years, and
 * mean different things at different sites: those of the site come first, then those of the city, then items' own.
 */
export class ItemFinder {
  readonly #alias: Statement;
  readonly #item: Statement;

  constructor(database: SqliteDatabase) {
    const then = "until_change IS NULL AND valid_from <= ? AND ? < valid_to";
    this.#alias = database.prepare(`SELECT item FROM item_code WHERE site = ? AND alias = ? AND ${then}`).pluck();
    this.#item = database.prepare(`SELECT ${columns} FROM item WHERE code = ? AND ${then}`);
  }

  /** `site`: null when it is not known. Undefined when the code meant nothing then. */
  find(site: string | null, code: string, minute: number): FoundItem | undefined {
    const bySite = site === null ? undefined : this.#aliased(site, code, minute);
    if (bySite !== undefined) return this.#named(bySite, minute, "site-code");
    const byCity = this.#aliased("", code, minute);
    if (byCity !== undefined) return this.#named(byCity, minute, "city-code");
    return this.#named(code, minute, "item-code");
  }

  #aliased(site: string, code: string, minute: number): string | undefined {
    return this.#alias.get(site, code, minute, minute) as string | undefined;
  }

  #named(code: string, minute: number, by: FoundItem["by"]): FoundItem | undefined {
    const row = this.#item.get(code, minute, minute);
    return row === undefined ? undefined : { ...(row as Omit<FoundItem, "by">), by };
  }
}
