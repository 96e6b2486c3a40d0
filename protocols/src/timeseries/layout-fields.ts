/** How a field is stored. `integer` is InfluxDB's 64-bit integer: weights (mg) and money (fen) are never floats. */
export type SeriesFieldType = "integer" | "float" | "string";

/** One field of a measurement. */
export interface SeriesField {
  readonly type: SeriesFieldType;
  /** In Grafana's words where it has one: `short`, `massmg`, `fen`, `ms`, `bytes`, `percent`, `none`. */
  readonly unit: "short" | "massmg" | "fen" | "ms" | "bytes" | "percent" | "none";
  readonly zh: string;
  readonly en: string;
  /** Of a sample: what the ten minutes that it falls into say of it. Left out: the largest. */
  readonly inSpan?: "max" | "min" | "mean" | "sum";
}

/**
 * Where a point is kept: `autogen` holds single events and samples for the configured days, `long` holds the rollups. Both
 * are retention policies of one database (InfluxDB 1.x), or buckets `<database>/<policy>` (2.x, 3.x).
 */
export type SeriesRetention = "autogen" | "long";

/** One measurement. */
export interface SeriesMeasurement {
  readonly retention: SeriesRetention;
  /**
   * `record`: one point per ledger record (or per line of a sale); `alert`: one per entry of an alert's history; `sample`: a
   * look at the present, once a minute, or what the looks of ten minutes came to; `rollup`: sums of records, written again
   * whenever they change.
   */
  readonly origin: "record" | "alert" | "sample" | "rollup";
  readonly zh: string;
  readonly en: string;
  readonly tags: readonly SeriesTag[];
  readonly fields: Readonly<Record<string, SeriesField>>;
  /** The span that one point stands for, and at whose first instant it stands. Days are the centre's. */
  readonly period?: "10m" | "hour" | "day";
}

/** Every tag there is; what each may hold is said in docs/timeseries.md. */
export const seriesTags = [
  "city",
  "city_name",
  "district",
  "district_name",
  "site",
  "site_name",
  "stall",
  "gw",
  "dev",
  "mode",
  "type",
  "category",
  "item",
  "item_name",
  "state",
  "event",
  "zone",
  "class",
  "driver",
  "rule",
  "severity",
  "tier",
] as const;

export type SeriesTag = (typeof seriesTags)[number];

/** Value of a place's code, and of its name, where the register does not say where a record belongs. */
export const unplacedTag = { code: "unplaced", name: "未登记" } as const;

/** Item of a test or sale that the register does not know, and the category of an item that has none. */
export const unknownItemTag = { code: "unknown", name: "未知品种", category: "未分类" } as const;

/** Tags of what stands at a place. */
export const place = ["city", "city_name", "district", "district_name", "site", "site_name"] as const;
/** Tags of what a device says. */
export const device = [...place, "stall", "gw", "dev"] as const;
/** Tags of an item of the register. */
export const ofItem = ["category", "item", "item_name"] as const;

/** How many. */
export const count = (zh: string, en: string): SeriesField => ({ type: "integer", unit: "short", zh, en });
/** 1 or 0. */
export const flag = (zh: string, en: string): SeriesField => count(`${zh}（1 是，0 否）`, `1 if ${en}, else 0`);
/** Any number or text. */
export const of = (type: SeriesFieldType, unit: SeriesField["unit"], zh: string, en: string): SeriesField => ({
  ...{ type, unit, zh, en },
});
/** A text. */
export const word = (zh: string, en: string): SeriesField => of("string", "none", zh, en);
