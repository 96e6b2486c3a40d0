import type { Cover } from "../users/cover.ts";

/** A span of time, from its first instant (in it) to its end (not in it), milliseconds since 1970. */
export interface SeriesSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What an hour brought. */
export interface HourCounts {
  readonly fromMs: number;
  readonly weighings: number;
  readonly tests: number;
}

/** Results of rapid tests of one item; `unknown` where the register knows none. */
export interface ItemCounts {
  readonly item: string;
  readonly name: string;
  readonly tests: number;
  readonly positive: number;
}

/** What a site brought; `unplaced`: what the register does not place. */
export interface SiteCounts {
  readonly site: string;
  readonly weighings: number;
  /** Whole milligrams, exact; tares are not in it. */
  readonly massMg: number;
  readonly tests: number;
  readonly sales: number;
  /** Refunds and voids are taken off. */
  readonly amountFen: number;
}

/** A device came, went or fell silent. */
export interface DeviceChange {
  readonly atMs: number;
  readonly status: string;
}

/**
 * What screens ask of the course of time. Two stores answer: the rollup tables of the projections, which every centre has, and
 * InfluxDB. Both count what counts: no lines in dispute, a repeated result once, everything at its effective time and where the
 * register places it. One contract suite holds for both.
 */
export interface TimeSeries {
  /** Hours of a span that begins with one, the first first, those without anything too. */
  hours(span: SeriesSpan, cover: Cover): Promise<readonly HourCounts[]>;
  /** Items by their share of positives, the worst first, then by name; whole business days. */
  worstItems(span: SeriesSpan, cover: Cover, limit: number): Promise<readonly ItemCounts[]>;
  /** Sites by their code; whole business days. */
  sites(span: SeriesSpan, cover: Cover): Promise<readonly SiteCounts[]>;
  /** Changes of a device, the first first. */
  deviceHistory(
    device: { readonly gw: string; readonly dev: string },
    span: SeriesSpan,
  ): Promise<readonly DeviceChange[]>;
}

/** Share of positives, exactly compared: without dividing. */
export const worseFirst = (a: ItemCounts, b: ItemCounts): number =>
  b.positive * a.tests - a.positive * b.tests || b.tests - a.tests || (a.item < b.item ? -1 : 1);
