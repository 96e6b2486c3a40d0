import { type CellArena, ownArena } from "./cells.ts";
import { FactColumns, type FactValue, summable } from "./fact-columns.ts";

/** One fact of a window, or several that were merged: time, line, how many, their sum, the latest value. */
export type WindowFact = readonly [atMs: number, line: number, count: number, sum: number, value: FactValue];

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

/** Facts as they are stored: one by one, or those of one line with the time since the one before. */
export type StoredFacts =
  | readonly WindowFact[]
  | { readonly line: number; readonly steps: readonly number[]; readonly values?: readonly FactValue[] };

/** What adding doubles leaves behind the last place that can be meant is taken away: ten times 0.1 is 1. */
export const asDecimal = (sum: number): number => {
  if (Number.isInteger(sum)) return sum;
  const size = Math.abs(sum);
  const places = size < 1e3 ? 1e9 : size < 1e6 ? 1e6 : 1e3;
  return size < 1e9 ? Math.round(sum * places) / places : sum;
};

/** Facts that were merged say how many they were and their sum; the others are one each. */
interface Merged {
  counts: number[];
  sums: number[];
}

/**
 * Facts in the order of their time, with their count and sum kept up to date. Beyond {@link maxFacts} the older half is
 * merged two by two: count and sum stay. Column by column and without what is the same for all, because a city has
 * hundred thousands of windows.
 */
export class WindowFacts extends FactColumns {
  /** One number while all facts are of one line. */
  #lines: number | number[] = 0;
  #merged: Merged | null = null;
  #count = 0;
  #sum = 0;

  /** `arena` left out: room of its own. */
  constructor(facts: StoredFacts, arena: CellArena = ownArena()) {
    super(arena);
    if (!("line" in facts)) {
      for (const fact of facts) this.enter(this.length, fact);
      return;
    }
    let atMs = 0;
    for (const [index, stepMs] of facts.steps.entries()) {
      atMs += stepMs;
      this.addOne(atMs, facts.line, facts.values?.[index] ?? null);
    }
  }

  /** As they are stored: short where they are of one line and none is merged. */
  get stored(): StoredFacts {
    if (this.#merged !== null || typeof this.#lines !== "number") return this.list;
    const times = Array.from({ length: this.length }, (_, at) => this.time(at) ?? 0);
    const steps = times.map((atMs, at) => atMs - (times[at - 1] ?? 0));
    const values = this.hasValues ? times.map((_, at) => this.value(at)) : undefined;
    return values === undefined ? { line: this.#lines, steps } : { line: this.#lines, steps, values };
  }

  get list(): readonly WindowFact[] {
    return Array.from({ length: this.length }, (_, at) => this.fact(at));
  }

  get count(): number {
    return this.#count;
  }

  get sum(): number {
    return asDecimal(this.#sum);
  }

  get oldestMs(): number | null {
    return this.time(0) ?? null;
  }

  get newestMs(): number | null {
    return this.time(this.length - 1) ?? null;
  }

  /** Lines whose facts are here. */
  get lines(): readonly number[] {
    if (this.length === 0) return [];
    return typeof this.#lines === "number" ? [this.#lines] : [...new Set(this.#lines)];
  }

  /** Adds a fact where it belongs in time. */
  add(fact: WindowFact): void {
    let at = this.length;
    while (at > 0 && (this.time(at - 1) ?? 0) > fact[0]) at--;
    this.enter(at, fact);
    if (this.length > maxFacts) this.merge();
  }

  /** The same as `add` with one fact, without making it first. */
  addOne(atMs: number, line: number, value: FactValue): void {
    const { length } = this;
    if (length === 0) this.#lines = line;
    const isPlain = this.#merged === null && line === this.#lines;
    if (!isPlain || atMs < (this.newestMs ?? 0) || length >= maxFacts) {
      this.add([atMs, line, 1, summable(value), value]);
      return;
    }
    this.insert(length, atMs, value);
    this.#count++;
    this.#sum += summable(value);
  }

  /** Drops facts that are not later than `ms`. */
  dropUntil(ms: number): void {
    let gone = 0;
    while ((this.time(gone) ?? Number.POSITIVE_INFINITY) <= ms) gone++;
    if (gone === 0) return;
    if (gone === this.length) {
      this.refill([]);
      return;
    }
    for (let at = 0; at < gone; at++) {
      this.#count -= this.#merged?.counts[at] ?? 1;
      this.#sum -= this.#merged?.sums[at] ?? this.figure(at);
    }
    this.dropFirst(gone);
    if (typeof this.#lines !== "number") this.#lines.splice(0, gone);
    this.#merged?.counts.splice(0, gone);
    this.#merged?.sums.splice(0, gone);
  }

  /** Drops everything and gives its room back. */
  clear(): void {
    this.refill([]);
  }

  /** Drops the facts of a line; true when there were some. */
  dropLine(line: number): boolean {
    if (!this.lines.includes(line)) return false;
    this.refill(this.list.filter(([, of]) => of !== line));
    return true;
  }

  /** Facts per minute of a window of such a length. */
  rate(overMs: number): number {
    return (this.#count * 60_000) / overMs;
  }

  spanSeconds(): number {
    return ((this.newestMs ?? 0) - (this.oldestMs ?? 0)) / 1000;
  }

  /** Figures over a window of a length. `withRange`: whether the smallest and the largest are asked for, which costs. */
  figures(overMs: number, withRange: boolean): WindowFigures {
    const { min, max } = withRange ? this.range() : { min: 0, max: 0 };
    return {
      ...{ count: BigInt(this.#count), distinct: BigInt(this.distinct()), sum: this.sum },
      ...{ rate: this.rate(overMs), min, max, spanSeconds: this.spanSeconds() },
    };
  }

  /** The value at a share of the way from the smallest to the largest, by nearest rank; 0 without figures. */
  percentile(share: number): number {
    const figures = this.valueFigures().sort((a, b) => a - b);
    const rank = Math.min(figures.length, Math.max(1, Math.ceil(share * figures.length)));
    return figures[rank - 1] ?? 0;
  }

  /** The smallest and the largest figure; 0 without figures. */
  range(): { readonly min: number; readonly max: number } {
    const figures = this.valueFigures();
    return figures.length === 0 ? { min: 0, max: 0 } : { min: Math.min(...figures), max: Math.max(...figures) };
  }

  protected fact(at: number): WindowFact {
    const line = typeof this.#lines === "number" ? this.#lines : (this.#lines[at] ?? 0);
    const { counts, sums } = this.#merged ?? {};
    const figure = this.figure(at);
    return [this.time(at) ?? 0, line, counts?.[at] ?? 1, sums?.[at] ?? figure, this.value(at)];
  }

  protected enter(at: number, [atMs, line, count, sum, value]: WindowFact): void {
    const { length } = this;
    if (this.#merged === null && (count !== 1 || sum !== summable(value))) {
      const sums = Array.from({ length }, (_, index) => this.figure(index));
      this.#merged = { counts: new Array<number>(length).fill(1), sums };
    }
    this.#merged?.counts.splice(at, 0, count);
    this.#merged?.sums.splice(at, 0, sum);
    if (length === 0) this.#lines = line;
    else if (this.#lines !== line) {
      if (typeof this.#lines === "number") this.#lines = new Array<number>(length).fill(this.#lines);
      this.#lines.splice(at, 0, line);
    }
    this.insert(at, atMs, value);
    this.#count += count;
    this.#sum += sum;
  }

  protected merge(): void {
    const facts = this.list;
    const half = facts.length >>> 1;
    const older: WindowFact[] = [];
    for (const fact of facts.slice(0, half)) {
      const last = older.at(-1);
      // Two of one line become one; what was merged before is merged again only when all is.
      if (last === undefined || last[1] !== fact[1] || older.length % 2 === 0) older.push(fact);
      else older[older.length - 1] = [fact[0], fact[1], last[2] + fact[2], last[3] + fact[3], fact[4]];
    }
    this.refill([...older, ...facts.slice(half)]);
  }

  protected refill(facts: readonly WindowFact[]): void {
    this.dropFacts();
    this.#lines = 0;
    this.#merged = null;
    this.#count = 0;
    // What rounding left over does not stay.
    this.#sum = 0;
    for (const fact of facts) this.enter(this.length, fact);
  }
}
