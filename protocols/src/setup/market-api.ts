/** Verdicts of results, counted. */
export interface MarketCounts {
  readonly tests: number;
  readonly positive: number;
  readonly suspect: number;
  readonly negative: number;
  readonly invalid: number;
  readonly none: number;
}

/** One result as the public is told of it. */
export interface MarketTest {
  readonly item: string | null;
  readonly assay: string;
  readonly verdict: "positive" | "suspect" | "negative" | "invalid" | "none";
  /** Local time with offset. */
  readonly at: string;
}

/** `GET /market/state` of a gateway: what its public screen shows. Nothing of any person. */
export interface MarketView {
  /** Changes with the page itself. */
  readonly build: string;
  /** Local time of the box with its offset, and the day by it. */
  readonly at: string;
  readonly day: string;
  /** False: the clock was not set, so that neither time nor day can be believed. */
  readonly clock: { readonly trusted: boolean };
  readonly title: string;
  /** Results whose day nobody knows, because the clock was not set when they came. */
  readonly undated: number;
  readonly testers: { readonly all: number; readonly online: number };
  readonly uplink: "up" | "down";
  readonly totals: MarketCounts;
  /** Those that wait for confirmation first, then the most tested. */
  readonly items: readonly (MarketCounts & { readonly item: string | null; readonly latestAt: string })[];
  /** The newest first. */
  readonly latest: readonly MarketTest[];
  readonly stalls: readonly {
    readonly label: string;
    /** Left, top, width, height. */
    readonly box: readonly [left: number, top: number, width: number, height: number];
    readonly trade: string | null;
    /** Null: no scale is named for it. */
    readonly scale: "online" | "away" | null;
  }[];
  readonly notices: readonly { readonly zh: string; readonly en: string; readonly until: string }[];
  /** Channels whose picture is public. */
  readonly cameras: readonly string[];
}
