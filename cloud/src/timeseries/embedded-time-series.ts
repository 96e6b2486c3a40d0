import { unplacedTag } from "@mingcheng/protocols";
import type { PlaceFinder } from "../register/attribution/place-finder.ts";
import { minuteStartMs } from "../register/model/validity.ts";
import type { SqliteDatabase } from "../store/database.ts";
import type { Cover } from "../users/cover.ts";
import { ItemTags } from "./item-tags.ts";
import { milligramsOf } from "./milligrams.ts";
import {
  type DeviceChange,
  type HourCounts,
  type ItemCounts,
  type SeriesSpan,
  type SiteCounts,
  type TimeSeries,
  worseFirst,
} from "./time-series.ts";

/** What the embedded series are read from. */
export interface EmbeddedTimeSeriesPorts {
  /** Runs `read` on one unchanging state of the projections. */
  snapshot<Result>(read: (projections: SqliteDatabase) => Result): Result;
  register(): SqliteDatabase;
  /** Up to date with the register. */
  places(): PlaceFinder;
  /** First instant of the business day. */
  startOfDay(atMs: number): number;
}

interface HourRow {
  readonly gw: string;
  readonly dev: string;
  readonly startMs: number;
  readonly weighings: number;
  readonly tests: number;
}

interface TestRow {
  readonly gw: string;
  readonly dev: string;
  readonly atMs: number;
  readonly item: string | null;
  readonly verdict: string;
}

interface SumRow {
  readonly weighings: number;
  readonly grams: string;
  readonly tests: number;
  readonly sales: number;
  readonly amountFen: number;
}

const hourMs = 3_600_000;

/** The rollup tables of the projections: answers without any other server. */
export class EmbeddedTimeSeries implements TimeSeries {
  readonly #ports: EmbeddedTimeSeriesPorts;

  constructor(ports: EmbeddedTimeSeriesPorts) {
    this.#ports = ports;
  }

  async hours(span: SeriesSpan, cover: Cover): Promise<readonly HourCounts[]> {
    return Promise.resolve(this.hoursNow(span, cover));
  }

  /**
   * The same at once. Counted by hours for who sees everything, else by minutes: whether a device is seen is decided to the minute,
   * and where the span does not begin with an hour of UTC its hours are others than those that are counted.
   */
  hoursNow({ fromMs, toMs }: SeriesSpan, cover: Cover): readonly HourCounts[] {
    const count = Math.ceil((toMs - fromMs) / hourMs);
    const hours = Array.from({ length: count }, (_, index) => ({
      ...{ fromMs: fromMs + index * hourMs, weighings: 0, tests: 0 },
    }));
    for (const { startMs, weighings, tests } of this.#hourRows({ fromMs, toMs }, cover)) {
      const hour = hours[Math.floor((startMs - fromMs) / hourMs)];
      if (hour === undefined) continue;
      hour.weighings += weighings;
      hour.tests += tests;
    }
    return hours;
  }

  #hourRows(span: SeriesSpan, cover: Cover): readonly HourRow[] {
    if (cover.whole && span.fromMs % hourMs === 0) {
      return this.#ports.snapshot(
        (projections) =>
          projections
            .prepare(
              `SELECT '' AS gw, '' AS dev, start_ms AS startMs, sum(weighings) AS weighings, sum(tests) AS tests FROM rollup
               WHERE period = 'hour' AND start_ms >= :fromMs AND start_ms < :toMs GROUP BY start_ms`,
            )
            .all(span) as HourRow[],
      );
    }
    const places = this.#ports.places();
    const rows = this.#ports.snapshot(
      (projections) =>
        projections
          .prepare(
            `SELECT device.gw, device.dev, start_ms AS startMs, weighings, tests FROM rollup
             JOIN device ON device.id = rollup.device
             WHERE period = 'minute' AND start_ms >= :fromMs AND start_ms < :toMs`,
          )
          .all(span) as HourRow[],
    );
    return rows.filter(({ gw, dev, startMs }) => places.sees(cover, gw, dev, startMs));
  }

  worstItems(span: SeriesSpan, cover: Cover, limit: number): Promise<readonly ItemCounts[]> {
    const places = this.#ports.places();
    const items = new ItemTags(this.#ports.register());
    const found = new Map<string, { item: string; name: string; tests: number; positive: number }>();
    const rows = this.#ports.snapshot(
      (projections) =>
        projections
          .prepare(
            `SELECT device.gw, device.dev, record.at_ms AS atMs, item, verdict FROM record
             JOIN line ON line.id = record.line AND line.status = 'ok' JOIN device ON device.id = record.device
             JOIN record_test ON record_test.lsn = record.lsn AND counted = 1
             WHERE record.kind = 'test' AND record.at_ms >= :fromMs AND record.at_ms < :toMs`,
          )
          .all(span) as TestRow[],
    );
    for (const { gw, dev, atMs, item, verdict } of rows) {
      if (!places.sees(cover, gw, dev, atMs)) continue;
      const known = items.of(places.attribution(gw, dev, atMs).site ?? unplacedTag.code, item, atMs);
      const counts = found.get(known.item) ?? { item: known.item, name: known.name, tests: 0, positive: 0 };
      counts.tests++;
      if (verdict === "positive") counts.positive++;
      found.set(known.item, counts);
    }
    return Promise.resolve([...found.values()].sort(worseFirst).slice(0, limit));
  }

  sites(span: SeriesSpan, cover: Cover): Promise<readonly SiteCounts[]> {
    const places = this.#ports.places();
    const sums = new Map<string, { -readonly [Key in keyof SiteCounts]: SiteCounts[Key] }>();
    this.#ports.snapshot((projections) => {
      const devices = projections.prepare("SELECT id, gw, dev FROM device WHERE class <> 'gateway'").all();
      for (const { id, gw, dev } of devices as { id: number; gw: string; dev: string }[]) {
        for (const { from, to, attribution } of places.stretches(gw, dev, span.fromMs, span.toMs)) {
          if (!cover.covers(attribution)) continue;
          const site = attribution.site ?? unplacedTag.code;
          const sum = sums.get(site) ?? { site, weighings: 0, massMg: 0, tests: 0, sales: 0, amountFen: 0 };
          for (const row of this.#sumsOf(projections, id, { fromMs: minuteStartMs(from), toMs: minuteStartMs(to) })) {
            sum.weighings += row.weighings;
            sum.massMg += milligramsOf(row.grams) ?? 0;
            sum.tests += row.tests;
            sum.sales += row.sales;
            sum.amountFen += row.amountFen;
          }
          if (sum.weighings + sum.tests + sum.sales + Math.abs(sum.amountFen) > 0) sums.set(site, sum);
        }
      }
    });
    return Promise.resolve([...sums.values()].sort((a, b) => (a.site < b.site ? -1 : 1)));
  }

  /** Rows of a device: whole days as days, what stands before and after them as minutes. */
  #sumsOf(projections: SqliteDatabase, device: number, { fromMs, toMs }: SeriesSpan): SumRow[] {
    const read = projections.prepare(
      `SELECT weighings, grams, tests, sales, amount_fen AS amountFen FROM rollup
       WHERE period = ? AND start_ms >= ? AND start_ms < ? AND device = ?`,
    );
    const lastDayMs = this.#ports.startOfDay(toMs);
    const startMs = this.#ports.startOfDay(fromMs);
    const firstDayMs = startMs === fromMs ? fromMs : this.#ports.startOfDay(startMs + 26 * hourMs);
    if (firstDayMs >= lastDayMs) return read.all("minute", fromMs, toMs, device) as SumRow[];
    return [
      ...(read.all("minute", fromMs, firstDayMs, device) as SumRow[]),
      ...(read.all("day", firstDayMs, lastDayMs, device) as SumRow[]),
      ...(read.all("minute", lastDayMs, toMs, device) as SumRow[]),
    ];
  }

  deviceHistory(
    { gw, dev }: { readonly gw: string; readonly dev: string },
    span: SeriesSpan,
  ): Promise<readonly DeviceChange[]> {
    const rows = this.#ports.snapshot(
      (projections) =>
        projections
          .prepare(
            `SELECT record.at_ms AS atMs, json_extract(body, '$.status') AS status FROM record
             JOIN line ON line.id = record.line AND line.status = 'ok' JOIN device ON device.id = record.device
             WHERE device.gw = :gw AND device.dev = :dev AND record.kind = 'device'
               AND record.at_ms >= :fromMs AND record.at_ms < :toMs ORDER BY record.at_ms, record.lsn`,
          )
          .all({ gw, dev, ...span }) as DeviceChange[],
    );
    return Promise.resolve(rows);
  }
}
