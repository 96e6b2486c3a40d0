import { figureOf } from "../cel/cel-functions.ts";

/** One fact of a window, or several that were merged: time, line, how many, their sum, the latest value. */
export type WindowFact = readonly [
  atMs: number,
  line: number,
  count: number,
  sum: number,
  value: string | number | null,
];

/** Facts held for one group; neighbours are merged beyond. */
export const maxFacts = 512;

/** What expressions see of a window. */
export interface WindowFigures {
  readonly count: bigint;
  readonly distinct: bigint;
  readonly sum: number;
  /** Facts per minute of the window's length. */
  readonly rate: number;
  readonly min: number;
  readonly max: number;
  /** Between the first and the last fact. */
  readonly spanSeconds: number;
}

/** Adds a fact where it belongs in time. Beyond {@link maxFacts} every two neighbours become one: count and sum stay. */
export const withFact = (facts: readonly WindowFact[], fact: WindowFact): WindowFact[] => {
  const next = [...facts];
  let at = next.length;
  while (at > 0 && (next[at - 1]?.[0] ?? 0) > fact[0]) at--;
  next.splice(at, 0, fact);
  return next.length > maxFacts ? merged(next) : next;
};

const merged = (facts: readonly WindowFact[]): WindowFact[] => {
  const kept: WindowFact[] = [];
  for (let at = 0; at < facts.length; at += 2) {
    const one = facts[at];
    const two = facts[at + 1];
    if (one === undefined) break;
    // The latest part stays as fine as it is: it decides for longest.
    if (two === undefined || at > facts.length / 2 || one[1] !== two[1])
      kept.push(one, ...(two === undefined ? [] : [two]));
    else kept.push([two[0], two[1], one[2] + two[2], one[3] + two[3], two[4]]);
  }
  return kept;
};

/** Facts later than `fromMs` and not later than `toMs`. */
export const within = (facts: readonly WindowFact[], fromMs: number, toMs: number): readonly WindowFact[] => {
  const first = facts[0];
  const last = facts.at(-1);
  if (first === undefined || last === undefined || (first[0] > fromMs && last[0] <= toMs)) return facts;
  return facts.filter(([atMs]) => atMs > fromMs && atMs <= toMs);
};

const figuresIn = (facts: readonly WindowFact[]): number[] =>
  facts.map(([, , , , value]) => figureOf(value)).filter((figure) => !Number.isNaN(figure));

/** Figures of facts that lie within `overMs`. */
export const windowFigures = (facts: readonly WindowFact[], overMs: number): WindowFigures => {
  let count = 0;
  let sum = 0;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  const values = new Set<string | number | null>();
  for (const [, , times, total, value] of facts) {
    count += times;
    sum += total;
    values.add(value);
    const figure = figureOf(value);
    if (figure < min) min = figure;
    if (figure > max) max = figure;
  }
  const spanMs = (facts.at(-1)?.[0] ?? 0) - (facts[0]?.[0] ?? 0);
  return {
    ...{ count: BigInt(count), distinct: BigInt(values.size), sum, rate: (count * 60_000) / overMs },
    ...{ min: Number.isFinite(min) ? min : 0, max: Number.isFinite(max) ? max : 0, spanSeconds: spanMs / 1000 },
  };
};

/** The value at a share of the way from the smallest to the largest, by nearest rank; 0 without figures. */
export const percentileOf = (facts: readonly WindowFact[], share: number): number => {
  const figures = figuresIn(facts).sort((a, b) => a - b);
  const rank = Math.min(figures.length, Math.max(1, Math.ceil(share * figures.length)));
  return figures[rank - 1] ?? 0;
};
