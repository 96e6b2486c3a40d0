import { figureOf } from "../cel/cel-functions.ts";

/** One fact of a window, or several that were merged: time, line, how many, their sum, the latest value. */
export type WindowFact = readonly [
  atMs: number,
  line: number,
  count: number,
  sum: number,
  value: string | number | null,
];

/** Facts held for one group; older neighbours are merged beyond. */
export const maxFacts = 256;

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

/**
 * Facts in the order of their time, with their count, sum and distinct values kept up to date. Beyond {@link maxFacts} the
 * older half is merged two by two: count and sum stay.
 */
export class WindowFacts {
  #facts: WindowFact[] = [];
  #count = 0;
  #sum = 0;
  readonly #values = new Map<string | number | null, number>();

  constructor(facts: readonly WindowFact[]) {
    for (const fact of facts) this.#enter(this.#facts.length, fact);
  }

  get list(): readonly WindowFact[] {
    return this.#facts;
  }

  get oldestMs(): number | null {
    return this.#facts[0]?.[0] ?? null;
  }

  get newestMs(): number | null {
    return this.#facts.at(-1)?.[0] ?? null;
  }

  /** Adds a fact where it belongs in time. */
  add(fact: WindowFact): void {
    let at = this.#facts.length;
    while (at > 0 && (this.#facts[at - 1]?.[0] ?? 0) > fact[0]) at--;
    this.#enter(at, fact);
    if (this.#facts.length > maxFacts) this.#merge();
  }

  /** Drops facts that are not later than `ms`. */
  dropUntil(ms: number): void {
    let gone = 0;
    while ((this.#facts[gone]?.[0] ?? Number.POSITIVE_INFINITY) <= ms) gone++;
    if (gone > 0) for (const fact of this.#facts.splice(0, gone)) this.#leave(fact);
  }

  /** Drops the facts of a line; true when there were some. */
  dropLine(line: number): boolean {
    const kept = this.#facts.filter(([, of]) => of !== line);
    if (kept.length === this.#facts.length) return false;
    this.#reset(kept);
    return true;
  }

  /** Figures over a window of a length. `withRange`: whether the smallest and the largest are asked for, which costs. */
  figures(overMs: number, withRange: boolean): WindowFigures {
    const { min, max } = withRange ? this.#range() : { min: 0, max: 0 };
    const spanMs = (this.newestMs ?? 0) - (this.oldestMs ?? 0);
    return {
      ...{ count: BigInt(this.#count), distinct: BigInt(this.#values.size), sum: this.#sum },
      ...{ rate: (this.#count * 60_000) / overMs, min, max, spanSeconds: spanMs / 1000 },
    };
  }

  /** The value at a share of the way from the smallest to the largest, by nearest rank; 0 without figures. */
  percentile(share: number): number {
    const figures = this.#figuresOf().sort((a, b) => a - b);
    const rank = Math.min(figures.length, Math.max(1, Math.ceil(share * figures.length)));
    return figures[rank - 1] ?? 0;
  }

  #figuresOf(): number[] {
    return this.#facts.map(([, , , , value]) => figureOf(value)).filter((figure) => !Number.isNaN(figure));
  }

  #range(): { readonly min: number; readonly max: number } {
    const figures = this.#figuresOf();
    return figures.length === 0 ? { min: 0, max: 0 } : { min: Math.min(...figures), max: Math.max(...figures) };
  }

  #enter(at: number, fact: WindowFact): void {
    if (at === this.#facts.length) this.#facts.push(fact);
    else this.#facts.splice(at, 0, fact);
    const [, , count, sum, value] = fact;
    this.#count += count;
    this.#sum += sum;
    this.#values.set(value, (this.#values.get(value) ?? 0) + 1);
  }

  #leave([, , count, sum, value]: WindowFact): void {
    this.#count -= count;
    // What rounding left over does not stay.
    this.#sum = this.#facts.length === 0 ? 0 : this.#sum - sum;
    const left = (this.#values.get(value) ?? 0) - 1;
    if (left > 0) this.#values.set(value, left);
    else this.#values.delete(value);
  }

  #merge(): void {
    const half = this.#facts.length >>> 1;
    const older: WindowFact[] = [];
    for (const fact of this.#facts.slice(0, half)) {
      const last = older.at(-1);
      // Two of one line become one; what was merged before is merged again only when all is.
      if (last === undefined || last[1] !== fact[1] || older.length % 2 === 0) older.push(fact);
      else older[older.length - 1] = [fact[0], fact[1], last[2] + fact[2], last[3] + fact[3], fact[4]];
    }
    this.#reset([...older, ...this.#facts.slice(half)]);
  }

  #reset(facts: readonly WindowFact[]): void {
    this.#facts = [];
    this.#count = 0;
    this.#sum = 0;
    this.#values.clear();
    for (const fact of facts) this.#enter(this.#facts.length, fact);
  }
}
