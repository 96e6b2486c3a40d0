import type { SeriesMeasurementName } from "@mingcheng/protocols";
import type { Statement } from "better-sqlite3";
import type { SqliteDatabase } from "../store/database.ts";
import { seriesPrefix, type Tags } from "./line-protocol.ts";

/** A measurement with one set of tags. */
export interface Series {
  readonly id: number;
  readonly measurement: SeriesMeasurementName;
  readonly tags: Tags;
  /** The line up to the fields. */
  readonly prefix: string;
}

interface SeriesRow {
  readonly id: number;
  readonly measurement: SeriesMeasurementName;
  readonly tags: string;
}

/** Devices of one gateway that have a tag of their own; what is more shares `other`. A box that invents names fills no index. */
const maxDevices = 1_024;
const maxKnown = 100_000;

const seriesOf = ({ id, measurement, tags }: SeriesRow): Series => {
  const parsed = JSON.parse(tags) as Tags;
  return { id, measurement, tags: parsed, prefix: seriesPrefix(measurement, parsed) };
};

/** Short ids for series, made when first met. Call in a transaction; after a rollback call `forget`. */
export class SeriesBook {
  readonly #find: Statement<unknown[]>;
  readonly #byId: Statement<unknown[]>;
  readonly #insert: Statement<unknown[]>;
  readonly #devicesOf: Statement<unknown[]>;
  readonly #addDevice: Statement<unknown[]>;
  readonly #known = new Map<string, Series>();
  readonly #ids = new Map<number, Series>();
  readonly #devices = new Map<string, Set<string>>();

  constructor(database: SqliteDatabase) {
    this.#find = database.prepare("SELECT id, measurement, tags FROM series WHERE measurement = ? AND tags = ?");
    this.#byId = database.prepare("SELECT id, measurement, tags FROM series WHERE id = ?");
    this.#insert = database.prepare("INSERT INTO series (measurement, tags) VALUES (?, ?)");
    this.#devicesOf = database.prepare("SELECT dev FROM known_device WHERE gw = ?").pluck();
    this.#addDevice = database.prepare("INSERT INTO known_device VALUES (?, ?) ON CONFLICT DO NOTHING");
  }

  /** The series, which is made when it is new. */
  of(measurement: SeriesMeasurementName, tags: Tags): Series {
    const text = JSON.stringify(tags);
    const key = `${measurement} ${text}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const row = this.#find.get(measurement, text) as SeriesRow | undefined;
    const id = row?.id ?? Number(this.#insert.run(measurement, text).lastInsertRowid);
    return this.#keep(key, seriesOf({ id, measurement, tags: text }));
  }

  /** A series that was made before. @throws {Error} when there is none: the database was changed by somebody else */
  byId(id: number): Series {
    const known = this.#ids.get(id);
    if (known !== undefined) return known;
    const row = this.#byId.get(id) as SeriesRow | undefined;
    if (row === undefined) throw new Error(`timeseries.db: series ${id} is missing`);
    return this.#keep(`${row.measurement} ${row.tags}`, seriesOf(row));
  }

  /** The device's id as a tag. */
  deviceTag(gw: string, dev: string): string {
    let devices = this.#devices.get(gw);
    if (devices === undefined) {
      devices = new Set(this.#devicesOf.all(gw) as string[]);
      this.#devices.set(gw, devices);
    }
    if (devices.has(dev)) return dev;
    if (devices.size >= maxDevices) return "other";
    devices.add(dev);
    this.#addDevice.run(gw, dev);
    return dev;
  }

  #keep(key: string, series: Series): Series {
    if (this.#known.size >= maxKnown) this.forget();
    this.#known.set(key, series);
    this.#ids.set(series.id, series);
    return series;
  }

  /** Drops what it holds in memory. */
  forget(): void {
    this.#known.clear();
    this.#ids.clear();
    this.#devices.clear();
  }
}
