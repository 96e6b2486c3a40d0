import type { Trend } from "@mingcheng/protocols";
import type { PlaceFinder } from "../../register/attribution/place-finder.ts";
import { EmbeddedTimeSeries } from "../../timeseries/embedded-time-series.ts";
import type { Cover } from "../../users/cover.ts";
import type { DayWindow } from "./day-window.ts";
import { isoTime, type ReadStores } from "./read-stores.ts";

/** The embedded time series over the stores that the API reads. */
export const seriesOver = (
  stores: ReadStores,
  places: () => PlaceFinder,
  windowOf: (atMs: number) => DayWindow,
): EmbeddedTimeSeries =>
  new EmbeddedTimeSeries({
    snapshot: (read) => stores.snapshot("projections", read),
    register: () => stores.database("register"),
    places,
    startOfDay: (atMs) => windowOf(atMs).fromMs,
  });

/** What a day's hours are asked for. */
export interface TrendAsked {
  readonly series: EmbeddedTimeSeries;
  readonly cover: Cover;
  readonly window: DayWindow;
  readonly timezone: string;
  readonly nowMs: number;
}

/** The business day so far by hours. The hour that runs is the last one. */
export const trendView = ({ series, cover, window, timezone, nowMs }: TrendAsked): Trend => {
  // At least the hour that the day begins with, should the clock be behind it.
  const toMs = Math.max(Math.min(nowMs + 1, window.toMs), window.fromMs + 1);
  const hours = series.hoursNow({ fromMs: window.fromMs, toMs }, cover);
  return {
    ...{ asOf: isoTime(nowMs), day: window.day, timezone },
    hours: hours.map(({ fromMs, ...counts }) => ({ from: isoTime(fromMs), ...counts })),
  };
};
