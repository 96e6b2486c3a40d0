import type { SqliteDatabase } from "../../store/database.ts";
import { type Attribution, maxAreaDepth, unattributed } from "./attribution.ts";
import { IntervalIndex, TextTable } from "./interval-index.ts";

/** One table of the register, as it is indexed: columns of its key and what they mean. */
interface IndexedTable {
  readonly table: string;
  readonly key: readonly string[];
  readonly value: string;
}

interface IndexedRow {
  readonly key: string;
  readonly from: number;
  readonly to: number;
  readonly value: string;
}

/** Placements at sites are told from those at stalls by this first character, which no code has. */
const atSite = "@";
const separator = " ";

const tables = {
  placements: { table: "placement", key: ["gw", "dev"], value: `iif(m.stall <> '', m.stall, '${atSite}' || m.site)` },
  stalls: { table: "stall", key: ["code"], value: "m.site" },
  tenancies: { table: "tenancy", key: ["stall"], value: "m.vendor" },
  sites: { table: "site", key: ["code"], value: "m.area" },
  areas: { table: "area", key: ["code"], value: "m.parent" },
} as const satisfies Record<string, IndexedTable>;

type TableName = keyof typeof tables;
const tableNames = Object.keys(tables) as TableName[];

const keyOf = (key: readonly string[]): string => key.map((name) => `m."${name}"`).join(` || '${separator}' || `);

const allRows = ({ table, key, value }: IndexedTable): string => `
  SELECT ${keyOf(key)} AS key, m.valid_from AS "from", m.valid_to AS "to", ${value} AS value FROM ${table} m
  WHERE m.until_change IS NULL ORDER BY ${key.map((name) => `m."${name}"`).join(", ")}, m.valid_from`;

const changedKeys = ({ table, key }: IndexedTable): string => `
  SELECT ${keyOf(key)} FROM ${table} m WHERE m.since_change > @since
  UNION SELECT ${keyOf(key)} FROM ${table} m WHERE m.until_change > @since`;

const rowsOfChanged = (indexed: IndexedTable): string => {
  const { table, key, value } = indexed;
  const names = key.map((name) => `"${name}"`).join(", ");
  const same = key.map((name) => `m."${name}" = c."${name}"`).join(" AND ");
  return `
    SELECT ${keyOf(key)} AS key, m.valid_from AS "from", m.valid_to AS "to", ${value} AS value
    FROM (SELECT ${names} FROM ${table} WHERE since_change > @since UNION SELECT ${names} FROM ${table} WHERE until_change > @since) c
    CROSS JOIN ${table} m ON ${same} AND m.until_change IS NULL
    ORDER BY ${key.map((name) => `m."${name}"`).join(", ")}, m.valid_from`;
};

const emptyIndexes = (): Record<TableName, IntervalIndex> => ({
  ...{ placements: new IntervalIndex(), stalls: new IntervalIndex(), tenancies: new IntervalIndex() },
  ...{ sites: new IntervalIndex(), areas: new IntervalIndex() },
});

/**
 * Says in memory where a device stood in any minute, who sold there, and which site and areas that is. Made over a
 * connection to the register that may be read-only. Its memory grows with the register's entries, not with time: after
 * many changes it is made anew.
 */
export class AttributionIndex {
  readonly #database: SqliteDatabase;
  #texts = new TextTable();
  #indexes = emptyIndexes();
  #version = 0;
  #reloaded = 0;

  constructor(database: SqliteDatabase) {
    this.#database = database;
    this.refresh();
  }

  /** The latest change of the register that is contained. */
  get version(): number {
    return this.#version;
  }

  /** Devices that it can place. */
  get devices(): number {
    return this.#indexes.placements.size;
  }

  /**
   * Takes in what has changed in the register since the last call; cheap when nothing has. True when something had.
   * What was attributed before may have been corrected then.
   */
  refresh(): boolean {
    return this.#database.transaction(() => {
      const newest = Number(this.#database.prepare("SELECT coalesce(max(id), 0) FROM register_change").pluck().get());
      if (newest === this.#version) return false;
      if (this.#version === 0 || this.#reloaded > Math.max(10_000, this.devices)) this.#loadAll();
      else for (const name of tableNames) this.#loadChanged(name);
      this.#version = newest;
      return true;
    })();
  }

  /** Where a record of a device belongs, by the minute of its effective time (minutes since 1970). */
  attribute(gw: string, dev: string, minute: number): Attribution {
    const { placements, stalls, tenancies } = this.#indexes;
    const device = this.#texts.find(`${gw}${separator}${dev}`);
    if (device === undefined) return unattributed;
    const place = placements.find(device, minute);
    if (place < 0) return unattributed;
    const name = this.#texts.textOf(place);
    if (name.startsWith(atSite)) {
      const site = name.slice(atSite.length);
      return { stall: null, vendor: null, site, areas: this.#areasOf(this.#texts.find(site) ?? -1, minute) };
    }
    const vendor = tenancies.find(place, minute);
    const site = stalls.find(place, minute);
    return {
      stall: name,
      vendor: vendor < 0 ? null : this.#texts.textOf(vendor),
      site: site < 0 ? null : this.#texts.textOf(site),
      areas: this.#areasOf(site, minute),
    };
  }

  #areasOf(site: number, minute: number): readonly string[] {
    const { sites, areas } = this.#indexes;
    const path: string[] = [];
    let area = site < 0 ? -1 : sites.find(site, minute);
    while (area >= 0 && path.length < maxAreaDepth) {
      const parent = areas.find(area, minute);
      const name = this.#texts.textOf(area);
      if (parent < 0 || name === "") break;
      path.push(name);
      area = parent;
    }
    return path.reverse();
  }

  #loadAll(): void {
    this.#texts = new TextTable();
    this.#indexes = emptyIndexes();
    this.#reloaded = 0;
    for (const name of tableNames) this.#append(name, this.#database.prepare(allRows(tables[name])).iterate());
  }

  #loadChanged(name: TableName): void {
    const keys = this.#database.prepare(changedKeys(tables[name])).pluck().all({ since: this.#version }) as string[];
    if (keys.length === 0) return;
    this.#reloaded += keys.length;
    for (const key of keys) this.#indexes[name].forget(this.#texts.numberOf(key));
    this.#append(name, this.#database.prepare(rowsOfChanged(tables[name])).iterate({ since: this.#version }));
  }

  #append(name: TableName, rows: IterableIterator<unknown>): void {
    const index = this.#indexes[name];
    for (const { key, from, to, value } of rows as IterableIterator<IndexedRow>) {
      index.append(this.#texts.numberOf(key), from, to, this.#texts.numberOf(value));
    }
  }
}
