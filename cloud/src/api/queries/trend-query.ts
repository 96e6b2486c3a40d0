import type { Trend } from "@mingcheng/protocols";
import type { SqliteDatabase } from "../../store/database.ts";
import type { DayWindow } from "./day-window.ts";
import { isoTime } from "./read-stores.ts";
import type { Seen } from "./seen.ts";

const hourMs = 3_600_000;

interface Row {
  readonly gw: string;
  readonly dev: string;
  readonly startMs: number;
  readonly weighings: number;
  readonly tests: number;
}

/** What a day's hours are asked for. */
export interface TrendAsked extends Seen {
  readonly projections: SqliteDatabase;
  readonly window: DayWindow;
  readonly timezone: string;
  readonly nowMs: number;
}

/**
 * Counted by hours for who sees everything, else by minutes: whether a device is seen is decided to the minute, and where
 * the day does not begin with an hour of UTC its hours are others than those that are counted.
 */
const rowsOf = ({ projections, window, cover, places }: TrendAsked): readonly Row[] => {
  const range = { fromMs: window.fromMs, toMs: window.toMs };
  if (cover.whole && window.fromMs % hourMs === 0) {
    return projections
      .prepare(
        `SELECT '' AS gw, '' AS dev, start_ms AS startMs, sum(weighings) AS weighings, sum(tests) AS tests FROM rollup
         WHERE period = 'hour' AND start_ms >= :fromMs AND start_ms < :toMs GROUP BY start_ms`,
      )
      .all(range) as Row[];
  }
  const rows = projections
    .prepare(
      `SELECT device.gw, device.dev, start_ms AS startMs, weighings, tests FROM rollup
       JOIN device ON device.id = rollup.device
       WHERE period = 'minute' AND start_ms >= :fromMs AND start_ms < :toMs`,
    )
    .all(range) as Row[];
  return rows.filter(({ gw, dev, startMs }) => places.sees(cover, gw, dev, startMs));
};

/** The business day so far by hours. The hour that runs is the last one. */
export const trendView = (asked: TrendAsked): Trend => {
  const { window, nowMs, timezone } = asked;
  const count = Math.max(1, Math.ceil((Math.min(nowMs + 1, window.toMs) - window.fromMs) / hourMs));
  const hours = Array.from({ length: count }, (_, index) => ({
    ...{ from: isoTime(window.fromMs + index * hourMs), weighings: 0, tests: 0 },
  }));
  for (const { startMs, weighings, tests } of rowsOf(asked)) {
    const hour = hours[Math.floor((startMs - window.fromMs) / hourMs)];
    if (hour === undefined) continue;
    hour.weighings += weighings;
    hour.tests += tests;
  }
  return { asOf: isoTime(nowMs), day: window.day, timezone, hours };
};
