import { type SeriesMeasurement, type SeriesMeasurementName, type SeriesTag, seriesLayout } from "@mingcheng/protocols";
import type { Statement } from "better-sqlite3";
import type { SqliteDatabase } from "../store/database.ts";
import { type FieldValue, fieldsText, lineOf, type Tags } from "../timeseries/line-protocol.ts";
import type { Series, SeriesBook } from "../timeseries/series-book.ts";
import type { Calendar } from "./rollup-book.ts";

interface Bucket {
  readonly series: Series;
  readonly startMs: number;
  readonly sums: number[];
}

/** What a point of a record counts for: the rollup and its tags, known for every series. */
interface Target {
  readonly series: Series;
  readonly period: "hour" | "day";
  /** Sums that gathered, by the first instant of their span. */
  readonly buckets: Map<number, Bucket>;
}

/** Rollups by the measurement that they sum. */
const rollupsOf: Readonly<Record<string, readonly SeriesMeasurementName[]>> = {
  weighing: ["weighing_hour", "weighing_day"],
  sale: ["sale_hour", "sale_day"],
  sale_line: ["sale_item_day"],
  test: ["test_hour", "test_item_day"],
  scale_event: ["scale_event_day"],
  camera: ["camera_day"],
  device: ["device_hour"],
};

const layout: Readonly<Record<string, SeriesMeasurement>> = seriesLayout;
const widthOf = (measurement: string): number => Object.keys(layout[measurement]?.fields ?? {}).length;

/** Registered item of a line of a sale: it stands behind the layout's fields. */
const itemOf = (fields: readonly FieldValue[]): Tags => {
  const [item = "", name = ""] = fields.slice(widthOf("sale_line"));
  return [
    ["item", String(item)],
    ["item_name", String(name)],
  ];
};

const hourMs = 3_600_000;
const maxMemo = 4_096;

/**
 * Sums of points by hour and day, exact and always those of the points: a point that is taken back is subtracted. Changes gather
 * until `flush`, in the caller's transaction, which also says what is to be written to the server: whole sums, so that sending
 * twice changes nothing.
 */
export class SeriesRollups {
  readonly #calendar: Calendar;
  readonly #oldestMs: () => number;
  readonly #series: SeriesBook;
  readonly #read: Statement<unknown[]>;
  readonly #write: Statement<unknown[]>;
  readonly #targets = new Map<string, readonly Target[]>();
  /** Targets by the series that they are: many series are summed in one. */
  readonly #bySeries = new Map<number, Target>();
  readonly #touched = new Set<Target>();
  readonly #days = new Map<number, number>();

  /** `oldestMs`: sums before this are not sent. */
  constructor(
    database: SqliteDatabase,
    series: SeriesBook,
    { calendar, oldestMs }: { readonly calendar: Calendar; readonly oldestMs: () => number },
  ) {
    this.#series = series;
    this.#calendar = calendar;
    this.#oldestMs = oldestMs;
    this.#read = database.prepare("SELECT fields FROM rollup WHERE series = ? AND start_ms = ?").pluck();
    this.#write = database.prepare("INSERT OR REPLACE INTO rollup VALUES (?, ?, ?)");
  }

  /** Adds (`sign` 1) or takes away (`sign` -1) what a point counts for. */
  add(series: Series, atMs: number, fields: readonly FieldValue[], sign: 1 | -1): void {
    for (const target of this.#targetsOf(series, fields)) {
      const startMs = target.period === "hour" ? Math.floor(atMs / hourMs) * hourMs : this.#startOfDay(atMs);
      const { sums } = this.#bucket(target, startMs);
      for (let index = 0; index < sums.length; index++) {
        const value = fields[index];
        if (typeof value === "number") sums[index] = (sums[index] ?? 0) + sign * value;
      }
    }
  }

  /** Where a point is counted, for who sends sums again. */
  placesOf(series: Series, atMs: number, fields: readonly FieldValue[]): { series: number; startMs: number }[] {
    return this.#targetsOf(series, fields).map((target) => ({
      series: target.series.id,
      startMs: target.period === "hour" ? Math.floor(atMs / hourMs) * hourMs : this.#startOfDay(atMs),
    }));
  }

  #targetsOf(series: Series, fields: readonly FieldValue[]): readonly Target[] {
    const isLine = series.measurement === "sale_line";
    const key = isLine ? `${series.id} ${JSON.stringify(itemOf(fields))}` : String(series.id);
    let targets = this.#targets.get(key);
    if (targets === undefined) {
      const tags = isLine ? [...series.tags, ...itemOf(fields)] : series.tags;
      targets = (rollupsOf[series.measurement] ?? []).map((name) => this.#target(name, tags));
      if (this.#targets.size >= 50_000) this.#targets.clear();
      this.#targets.set(key, targets);
    }
    return targets;
  }

  #target(name: SeriesMeasurementName, tags: Tags): Target {
    const { tags: wanted, period }: SeriesMeasurement = seriesLayout[name];
    const own = tags.filter(([tag]) => wanted.includes(tag as SeriesTag));
    const series = this.#series.of(name, own);
    const known = this.#bySeries.get(series.id);
    if (known !== undefined) return known;
    const target: Target = { series, period: period === "hour" ? "hour" : "day", buckets: new Map() };
    this.#bySeries.set(series.id, target);
    return target;
  }

  #bucket(target: Target, startMs: number): Bucket {
    const { series, buckets } = target;
    let bucket = buckets.get(startMs);
    if (bucket === undefined) {
      const row = this.#read.get(series.id, startMs) as string | undefined;
      const sums = row === undefined ? new Array<number>(widthOf(series.measurement)).fill(0) : JSON.parse(row);
      bucket = { series, startMs, sums };
      buckets.set(startMs, bucket);
      this.#touched.add(target);
    }
    return bucket;
  }

  #startOfDay(atMs: number): number {
    const hour = Math.floor(atMs / 900_000);
    let start = this.#days.get(hour);
    if (start === undefined) {
      start = this.#calendar.startOfDay(atMs);
      if (this.#days.size >= maxMemo) this.#days.clear();
      this.#days.set(hour, start);
    }
    return start;
  }

  /** Writes what gathered, and returns the lines that say so. */
  flush(): string[] {
    const lines: string[] = [];
    const oldestMs = this.#oldestMs();
    for (const { series, startMs, sums } of this.#gathered()) {
      this.#write.run(series.id, startMs, JSON.stringify(sums));
      if (startMs >= oldestMs) lines.push(lineOf(series.prefix, fieldsText(series.measurement, sums), startMs, 0));
    }
    this.#letGo();
    return lines;
  }

  *#gathered(): Generator<Bucket> {
    for (const { buckets } of this.#touched) yield* buckets.values();
  }

  #letGo(): void {
    for (const { buckets } of this.#touched) buckets.clear();
    this.#touched.clear();
  }

  /** Drops what gathered and was not flushed. */
  forget(): void {
    this.#letGo();
    this.#targets.clear();
    this.#bySeries.clear();
  }
}
