import type { Expression, Selectors } from "../influxql/expression.ts";
import { from, fromRows, type Query } from "../influxql/query.ts";
import { mostBars } from "../panels/bars.ts";
import type { Tones } from "../panels/look.ts";
import { type Reading, reading, type Shown } from "../panels/reading.ts";
import { type Text, text } from "../text.ts";
import { area } from "./scope.ts";

/** How long a sample of the present is good for: one is taken every minute. */
export const present = "3m";

/** Panels about today, whatever range the dashboard shows. */
export const today = "now/d";

/** One row per interval of the graph; the panel keeps it at the step of the points or longer. */
export const overTime = <Tag extends string, Field extends string>(rows: Query<Tag, Field>): Query<Tag, Field> =>
  rows.every("$__interval").fill("none");

/**
 * One row per day of China. The shift stands in for `tz()`: InfluxDB's images need not know time zones, and China has
 * no summer time.
 */
export const everyDay = <Tag extends string, Field extends string>(rows: Query<Tag, Field>): Query<Tag, Field> =>
  rows.every("1d", "16h").fill("none");

/** A bad state of devices is worth attention, never an alarm by itself. */
export const attentionAboveNone: Tones = { base: "plain", steps: [[1, "attention"]] };

/** Something is waiting for a person: amber from the first on. */
export const waiting: Tones = { base: "done", steps: [[1, "attention"]] };

/** Share of devices that work. */
export const worksShare: Tones = { base: "attention", steps: [[0.95, "done"]] };

/** Names of what recurs on many panels. */
export const names = {
  samples: text("样本（批次）", "Samples (tests)"),
  positiveShare: text("阳性率（待复检）", "Positive (to be retested)"),
  positive: text("阳性（待复检）", "Positive (retest)"),
  weighings: text("称重（次）", "Weighings"),
  kilograms: text("重量（kg）", "Weight (kg)"),
  tests: text("快检（批次）", "Rapid tests"),
  sales: text("销售（笔）", "Sales"),
  yuan: text("销售额（元）", "Sales (yuan)"),
  onlineShare: text("在线率", "Online"),
  devices: text("设备（台）", "Devices"),
  site: text("场所", "Site"),
  device: text("设备", "Device"),
  item: text("品种", "Item"),
} as const;

/** Milligrams as kilograms, fen as yuan, milliseconds as seconds or minutes: what stands behind `per`. */
export const per = { kilogram: 1_000_000, yuan: 100, second: 1000, minute: 60_000 } as const;

/** 快检: the positive rate, the samples behind it, the positives. A positive is one to be retested, never a verdict. */
export const positives = (rows: Query<string, "tests" | "positive">): Reading =>
  reading(rows, (of) => [
    { name: names.positiveShare, unit: "share", of: of.sum("positive").dividedBy(of.sum("tests")) },
    { name: names.samples, unit: "count", of: of.sum("tests"), isSample: true },
    { name: names.positive, unit: "count", of: of.sum("positive"), tones: attentionAboveNone },
  ]);

/** Devices of a class now: the share online, how many there are, how many say nothing or are behind a gateway that is away. */
export const devicesNow = (deviceClass: string, total: Text): Reading =>
  reading(
    fromRows(
      from("fleet")
        .inTheLast(present)
        .where("class", deviceClass)
        .matching(area)
        .by("city_name", "district_name", "site_name"),
      (of) => ({
        online: of.last("online"),
        total: of.last("total"),
        silent: of.last("silent"),
        unknown: of.last("unknown"),
      }),
    ),
    (of) => [
      { name: names.onlineShare, unit: "share", of: of.sum("online").dividedBy(of.sum("total")), tones: worksShare },
      { name: total, unit: "count", of: of.sum("total") },
      {
        name: text("静默或未知（台）", "Silent or unknown"),
        unit: "count",
        of: of.sum("silent").plus(of.sum("unknown")),
        tones: attentionAboveNone,
      },
    ],
  );

/** The largest amounts, one per value of a tag, for a comparison by bars. */
export const ranked = <Tag extends string, Field extends string>(
  rows: Query<Tag, Field>,
  by: Tag,
  { amount, ...shown }: Omit<Shown, "of"> & { readonly amount: (of: Selectors<Tag, Field>) => Expression },
): Reading =>
  reading(
    fromRows(rows.by(by), (of) => ({ amount: amount(of) })),
    (of) => [{ ...shown, of: of.top("amount", by, mostBars) }],
  );
