import {
  addDecimal,
  type Decimal,
  type DeviceView,
  formatDecimal,
  parseDecimal,
  trimDecimal,
} from "@mingcheng/protocols";
import type { Statement } from "better-sqlite3";
import type { Attribution } from "../../register/attribution/attribution.ts";
import type { PlaceFinder } from "../../register/attribution/place-finder.ts";
import { minuteStartMs } from "../../register/model/validity.ts";
import type { SqliteDatabase } from "../../store/database.ts";
import type { DayWindow } from "./day-window.ts";

/** Counts of one device's day, as {@link DeviceView} shows them. */
export type DayCounts = DeviceView["today"];

/** A device of the projections and the counts of its whole day. */
export interface CountedDevice {
  readonly id: number;
  readonly gw: string;
  readonly dev: string;
  readonly whole: DayCounts;
}

const zero: Decimal = { digits: 0n, scale: 0 };

/** The exact sum of decimal texts. */
export const sumOf = (texts: readonly string[]): string =>
  formatDecimal(trimDecimal(texts.reduce((sum, text) => addDecimal(sum, parseDecimal(text) ?? zero), zero)));

/** A day without anything. */
export const nothingCounted: DayCounts = { weighings: 0, grams: "0", withoutGrams: 0, tests: 0, scaleEvents: 0 };

/** Counts of the whole of several devices or stretches. */
export const addCounts = (counts: readonly DayCounts[]): DayCounts => ({
  weighings: counts.reduce((sum, { weighings }) => sum + weighings, 0),
  grams: sumOf(counts.map(({ grams }) => grams)),
  withoutGrams: counts.reduce((sum, { withoutGrams }) => sum + withoutGrams, 0),
  tests: counts.reduce((sum, { tests }) => sum + tests, 0),
  scaleEvents: counts.reduce((sum, { scaleEvents }) => sum + scaleEvents, 0),
});

const isNothing = ({ weighings, tests, scaleEvents }: DayCounts): boolean => weighings + tests + scaleEvents === 0;

/**
 * Counts what of a device's day belongs somewhere. A device that stood at one place all day costs nothing; the records of one
 * that was moved are counted to the minute.
 */
export class DayCounter {
  readonly #window: DayWindow;
  readonly #places: PlaceFinder;
  readonly #weighings: Statement;
  readonly #others: Statement;

  constructor(projections: SqliteDatabase, window: DayWindow, places: PlaceFinder) {
    this.#window = window;
    this.#places = places;
    const range = "record.device = ? AND record.at_ms >= ? AND record.at_ms < ?";
    const counted = "JOIN line ON line.id = record.line AND line.status = 'ok'";
    this.#weighings = projections
      .prepare(
        `SELECT CASE WHEN mode = 'tare' THEN '0' ELSE grams END FROM record ${counted}
         JOIN record_weighing USING (lsn) WHERE record.kind = 'weighing' AND ${range}`,
      )
      .pluck();
    this.#others = projections.prepare(
      `SELECT (SELECT count(*) FROM record ${counted} JOIN record_test ON record_test.lsn = record.lsn AND counted = 1
           WHERE record.kind = 'test' AND ${range}) AS tests,
         (SELECT count(*) FROM record ${counted} WHERE record.kind = 'scale-event' AND ${range}) AS scaleEvents`,
    );
  }

  /** What of the device's day lies in stretches whose attribution `fits`. */
  count({ id, gw, dev, whole }: CountedDevice, fits: (attribution: Attribution) => boolean): DayCounts {
    if (isNothing(whole)) return nothingCounted;
    const stretches = this.#places.stretches(gw, dev, this.#window.fromMs, this.#window.toMs);
    const fitting = stretches.filter(({ attribution }) => fits(attribution));
    if (fitting.length === 0) return nothingCounted;
    if (fitting.length === stretches.length) return whole;
    return addCounts(fitting.map(({ from, to }) => this.#between(id, minuteStartMs(from), minuteStartMs(to))));
  }

  #between(device: number, fromMs: number, toMs: number): DayCounts {
    const range = [device, fromMs, toMs];
    const grams = this.#weighings.all(...range) as (string | null)[];
    const { tests, scaleEvents } = this.#others.get(...range, ...range) as { tests: number; scaleEvents: number };
    const known = grams.filter((text) => text !== null);
    const withoutGrams = grams.length - known.length;
    return { weighings: grams.length, grams: sumOf(known), withoutGrams, tests, scaleEvents };
  }
}
