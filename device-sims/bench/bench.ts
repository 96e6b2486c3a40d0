/** One measured figure. Ratios carry what they were made of, so that nobody has to trust the division. */
export interface Figure {
  /** Stable name, documented in docs/benchmarks.md, e.g. `ratioToRawAppend`. */
  readonly figure: string;
  readonly value: number;
  /** e.g. "ratio", "records/s", "ms", "MB", "%". */
  readonly unit: string;
  readonly numerator?: number;
  readonly denominator?: number;
  /** How many samples, records or runs the figure rests on. */
  readonly n: number;
  /** How long the measuring took. */
  readonly seconds: number;
  /** What distinguishes this line from others of the same name, e.g. `10 records per commit`. */
  readonly variant?: string;
}

/** What a benchmark gets. */
export interface BenchOptions {
  /** Ends within 60 s at the price of wider error bars. */
  readonly quick: boolean;
  /** Further `--name value` pairs of the command line. */
  readonly args: Readonly<Record<string, string>>;
  readonly report: (figure: Figure) => void;
  /** A line of progress for people; never part of `--json`. */
  readonly progress: (text: string) => void;
}

/** A benchmark: one file, one line in {@link file://./index.ts}. */
export interface Bench {
  readonly name: string;
  readonly summary: string;
  run(options: BenchOptions): Promise<void>;
}

/** Middle value; the lower middle of an even number. */
export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;

/** The value below which `share` (0..1) of the samples lie. */
export const quantile = (values: readonly number[], share: number): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
};
