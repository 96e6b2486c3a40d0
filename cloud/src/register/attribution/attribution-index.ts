import type { Statement } from "better-sqlite3";
import type { SqliteDatabase } from "../../store/database.ts";
import { type Attribution, type Stretch, unattributed } from "./attribution.ts";
import { IntervalIndex, TextTable } from "./interval-index.ts";
import { AreaTree, DeviceTable } from "./place-maps.ts";

/** One table of the register, as it is indexed: columns of its key, and columns of what they mean. */
interface IndexedTable {
  readonly table: string;
  readonly key: readonly string[];
  readonly value: readonly string[];
}

/** A row of such a table: its key, from, to, its value. */
type IndexedRow = readonly [...texts: string[], from: number, to: number];

const tables = {
  placements: { table: "placement", key: ["gw", "dev"], value: ["stall", "site"] },
  stalls: { table: "stall", key: ["code"], value: ["site"] },
  tenancies: { table: "tenancy", key: ["stall"], value: ["vendor"] },
  sites: { table: "site", key: ["code"], value: ["area"] },
  areas: { table: "area", key: ["code"], value: ["parent"] },
} as const satisfies Record<string, IndexedTable>;

type TableName = keyof typeof tables;
const tableNames = Object.keys(tables) as TableName[];

const listOf = (names: readonly string[], prefix = ""): string => names.map((name) => `${prefix}${name}`).join(", ");

const presentRows = ({ key, value }: IndexedTable, from: string): string => `
  SELECT ${listOf(key, "m.")}, ${listOf(value, "m.")}, m.valid_from, m.valid_to FROM ${from}
  WHERE m.until_change IS NULL ORDER BY ${listOf(key, "m.")}, m.valid_from`;

const changedKeys = ({ table, key }: IndexedTable): string => `
  SELECT DISTINCT ${listOf(key)} FROM ${table} WHERE id IN (
    SELECT id FROM ${table} WHERE since_change > @since UNION ALL SELECT id FROM ${table} WHERE until_change > @since)`;

const changedRows = (indexed: IndexedTable): string => {
  const same = indexed.key.map((name) => `m.${name} = c.${name}`).join(" AND ");
  return presentRows(indexed, `(${changedKeys(indexed)}) c CROSS JOIN ${indexed.table} m ON ${same}`);
};

/** Everything that is held: made anew now and then, so that what is no longer named does not stay. */
class Places {
  readonly devices = new DeviceTable();
  readonly stalls = new TextTable();
  readonly vendors = new TextTable();
  readonly sites = new TextTable();
  readonly areas = new TextTable();
  readonly tree = new AreaTree(this.areas);
  /** Of devices: twice the number of a stall, or twice the number of a site and one. */
  readonly placement = new IntervalIndex();
  readonly siteOfStall = new IntervalIndex();
  readonly vendorOfStall = new IntervalIndex();
  readonly areaOfSite = new IntervalIndex();

  indexOf(name: TableName): IntervalIndex {
    switch (name) {
      case "placements":
        return this.placement;
      case "stalls":
        return this.siteOfStall;
      case "tenancies":
        return this.vendorOfStall;
      case "sites":
        return this.areaOfSite;
      case "areas":
        return this.tree.parents;
    }
  }

  keyOf(name: TableName, [first = "", second = ""]: readonly string[]): number {
    switch (name) {
      case "placements":
        return this.devices.numberOf(first, second);
      case "stalls":
      case "tenancies":
        return this.stalls.numberOf(first);
      case "sites":
        return this.sites.numberOf(first);
      case "areas":
        return this.areas.numberOf(first);
    }
  }

  valueOf(name: TableName, [first = "", second = ""]: readonly string[]): number {
    switch (name) {
      case "placements":
        return first === "" ? this.sites.numberOf(second) * 2 + 1 : this.stalls.numberOf(first) * 2;
      case "stalls":
        return this.sites.numberOf(first);
      case "tenancies":
        return this.vendors.numberOf(first);
      case "sites":
      case "areas":
        return this.areas.numberOf(first);
    }
  }

  append(name: TableName, rows: Iterable<unknown>): void {
    const index = this.indexOf(name);
    const keys = tables[name].key.length;
    for (const row of rows as Iterable<IndexedRow>) {
      const texts = row.slice(0, -2) as string[];
      const [from, to] = row.slice(-2) as [number, number];
      index.append(this.keyOf(name, texts), from, to, this.valueOf(name, texts.slice(keys)));
    }
  }
}

/**
 * Says in memory where a device stood in any minute, who sold there, and which site and areas that is. Made over a
 * connection to the register that may be read-only. Its memory grows with the register's present entries, not with time.
 */
export class AttributionIndex {
  readonly #database: SqliteDatabase;
  readonly #newest: Statement<unknown[]>;
  #places = new Places();
  #version = 0;
  #reloaded = 0;

  constructor(database: SqliteDatabase) {
    this.#database = database;
    this.#newest = database.prepare("SELECT coalesce(max(id), 0) FROM register_change").pluck();
    this.refresh();
  }

  /** The latest change of the register that is contained. */
  get version(): number {
    return this.#version;
  }

  /** Devices that it can place. */
  get devices(): number {
    return this.#places.placement.size;
  }

  /**
   * Takes in what has changed in the register since the last call; cheap when nothing has. True when something had.
   * What was attributed before may have been corrected then.
   */
  refresh(): boolean {
    return this.#database.transaction(() => {
      const newest = Number(this.#newest.get());
      if (newest === this.#version) return false;
      if (this.#version === 0 || this.#reloaded > Math.max(10_000, this.devices)) this.#loadAll();
      else for (const name of tableNames) this.#loadChanged(name);
      this.#places.tree.forgetPaths();
      this.#version = newest;
      return true;
    })();
  }

  /** Where a record of a device belongs, by the minute of its effective time (minutes since 1970). */
  attribute(gw: string, dev: string, minute: number): Attribution {
    const places = this.#places;
    const place = places.placement.find(places.devices.find(gw, dev), minute);
    if (place < 0) return unattributed;
    const number = place >>> 1;
    return place % 2 === 1 ? this.#ofSite(number, minute) : this.#ofStall(number, minute);
  }

  /** Where a stall belongs, by its code. */
  stall(code: string, minute: number): Attribution {
    const number = this.#places.stalls.find(code);
    return number < 0 ? unattributed : this.#ofStall(number, minute);
  }

  /** Where a site belongs, by its code. */
  site(code: string, minute: number): Attribution {
    const number = this.#places.sites.find(code);
    return number < 0 ? unattributed : this.#ofSite(number, minute);
  }

  /** The areas that an area lies in and itself, the widest first. */
  path(area: string, minute: number): readonly string[] {
    const number = this.#places.areas.find(area);
    return number < 0 ? unattributed.areas : this.#places.tree.pathOf(number, minute);
  }

  #ofSite(site: number, minute: number): Attribution {
    const areas = this.#areasOf(site, minute);
    return { stall: null, vendor: null, site: this.#places.sites.textOf(site), areas };
  }

  #ofStall(stall: number, minute: number): Attribution {
    const places = this.#places;
    const vendor = places.vendorOfStall.find(stall, minute);
    const site = places.siteOfStall.find(stall, minute);
    return {
      stall: places.stalls.textOf(stall),
      vendor: vendor < 0 ? null : places.vendors.textOf(vendor),
      site: site < 0 ? null : places.sites.textOf(site),
      areas: this.#areasOf(site, minute),
    };
  }

  /** Devices of a gateway that it places at some time. */
  devicesOf(gw: string): Iterable<string> {
    return this.#places.devices.of(gw);
  }

  /**
   * Where a device belonged from `from` to `to` (minutes since 1970, `to` not in it), one stretch after the other: within
   * each the attribution stays the same.
   */
  stretches(gw: string, dev: string, from: number, to: number): Stretch[] {
    const found: Stretch[] = [];
    for (let minute = from; minute < to; ) {
      const until = Math.min(to, this.#until(gw, dev, minute));
      found.push({ from: minute, to: until, attribution: this.attribute(gw, dev, minute) });
      minute = until;
    }
    return found;
  }

  #until(gw: string, dev: string, minute: number): number {
    const places = this.#places;
    const device = places.devices.find(gw, dev);
    const place = places.placement.find(device, minute);
    const until = places.placement.until(device, minute);
    if (place < 0) return until;
    const number = place >>> 1;
    const site = place % 2 === 1 ? number : places.siteOfStall.find(number, minute);
    const area = site < 0 ? -1 : places.areaOfSite.find(site, minute);
    return Math.min(
      until,
      place % 2 === 1 ? Number.POSITIVE_INFINITY : places.siteOfStall.until(number, minute),
      place % 2 === 1 ? Number.POSITIVE_INFINITY : places.vendorOfStall.until(number, minute),
      site < 0 ? Number.POSITIVE_INFINITY : places.areaOfSite.until(site, minute),
      area < 0 ? Number.POSITIVE_INFINITY : places.tree.until(area, minute),
    );
  }

  #areasOf(site: number, minute: number): readonly string[] {
    const area = site < 0 ? -1 : this.#places.areaOfSite.find(site, minute);
    return area < 0 ? unattributed.areas : this.#places.tree.pathOf(area, minute);
  }

  #loadAll(): void {
    this.#places = new Places();
    this.#reloaded = 0;
    for (const name of tableNames) {
      const indexed = tables[name];
      const rows = this.#database.prepare(presentRows(indexed, `${indexed.table} m`)).raw();
      this.#places.append(name, rows.iterate());
    }
  }

  #loadChanged(name: TableName): void {
    const since = { since: this.#version };
    const keys = this.#database.prepare(changedKeys(tables[name])).raw().all(since) as string[][];
    if (keys.length === 0) return;
    this.#reloaded += keys.length;
    for (const key of keys) this.#places.indexOf(name).forget(this.#places.keyOf(name, key));
    this.#places.append(name, this.#database.prepare(changedRows(tables[name])).raw().iterate(since));
  }
}
