import { unknownItemTag } from "@mingcheng/protocols";
import type { Statement } from "better-sqlite3";
import { ItemFinder } from "../register/attribution/item-finder.ts";
import { minuteOf } from "../register/model/validity.ts";
import type { SqliteDatabase } from "../store/database.ts";

/** An item as tags: of the register, or unknown. What a device typed in never becomes a tag. */
export interface TaggedItem {
  readonly item: string;
  readonly name: string;
  readonly category: string;
}

const unknown: TaggedItem = { item: unknownItemTag.code, name: unknownItemTag.name, category: unknownItemTag.category };
const maxKnown = 20_000;

/** Finds items by what stands on a receipt or a tester's screen: a code of the site, of the city, the item's own, or its name. */
export class ItemTags {
  readonly #finder: ItemFinder;
  readonly #byName: Statement<unknown[]>;
  readonly #known = new Map<string, TaggedItem>();

  constructor(database: SqliteDatabase) {
    this.#finder = new ItemFinder(database);
    this.#byName = database.prepare(
      `SELECT code AS item, name, category FROM item
       WHERE name = ? AND until_change IS NULL AND valid_from <= ? AND ? < valid_to ORDER BY code LIMIT 1`,
    );
  }

  /** What `said` meant at a site at a time. */
  of(site: string, said: string | null, atMs: number): TaggedItem {
    if (said === null || said === "") return unknown;
    const minute = minuteOf(atMs);
    const key = `${minute} ${site} ${said}`;
    let known = this.#known.get(key);
    if (known === undefined) {
      known = this.#find(site, said, minute);
      if (this.#known.size >= maxKnown) this.#known.clear();
      this.#known.set(key, known);
    }
    return known;
  }

  #find(site: string, said: string, minute: number): TaggedItem {
    const found = this.#finder.find(site, said, minute) ?? this.#byName.get(said, minute, minute);
    if (found === undefined) return unknown;
    const { item, name, category } = found as TaggedItem;
    return { item, name, category: category === "" ? unknownItemTag.category : category };
  }

  /** The register has changed. */
  forget(): void {
    this.#known.clear();
  }
}
