/** Gives texts small numbers from 0, so that each is held once and lists can be looked up by them. */
export class TextTable {
  readonly #numbers = new Map<string, number>();
  readonly #texts: string[] = [];

  numberOf(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    const number = this.#texts.length;
    this.#texts.push(text);
    this.#numbers.set(text, number);
    return number;
  }

  /** -1 for a text that was never given a number. */
  find(text: string): number {
    return this.#numbers.get(text) ?? -1;
  }

  textOf(number: number): string {
    return this.#texts[number] ?? "";
  }
}

/** What a key meant, from when to when. */
export interface Interval {
  readonly from: number;
  readonly to: number;
  readonly value: number;
}

/**
 * What keys meant from when to when. Keys are small numbers; each has a sorted row of (from, to, value), small integers
 * in one array, which a look-up searches by halves.
 */
export class IntervalIndex {
  readonly #rows: (number[] | undefined)[] = [];
  #size = 0;

  /** Adds an interval. Those of a key come in order and do not overlap. */
  append(key: number, from: number, to: number, value: number): void {
    const row = this.#rows[key];
    if (row !== undefined) {
      row.push(from, to, value);
      return;
    }
    // Keys come nearly in order: an array that is filled up stays dense.
    while (this.#rows.length <= key) this.#rows.push(undefined);
    this.#rows[key] = [from, to, value];
    this.#size++;
  }

  forget(key: number): void {
    if (this.#rows[key] === undefined) return;
    this.#rows[key] = undefined;
    this.#size--;
  }

  /** What `key` meant at `minute`; -1 when nothing. */
  find(key: number, minute: number): number {
    const row = this.#rows[key];
    const at = row === undefined ? -1 : positionOf(row, minute);
    return at < 0 ? -1 : (row?.[at + 2] ?? -1);
  }

  /** The same with its interval. */
  interval(key: number, minute: number): Interval | undefined {
    const row = this.#rows[key];
    const at = row === undefined ? -1 : positionOf(row, minute);
    if (row === undefined || at < 0) return undefined;
    return { from: row[at] ?? 0, to: row[at + 1] ?? 0, value: row[at + 2] ?? -1 };
  }

  /** The minute at which the answer for `key` at `minute` may end: the end of its interval, or the beginning of the next. */
  until(key: number, minute: number): number {
    const row = this.#rows[key];
    if (row === undefined) return Number.POSITIVE_INFINITY;
    const at = positionOf(row, minute);
    if (at >= 0) return row[at + 1] ?? Number.POSITIVE_INFINITY;
    for (let next = 0; next < row.length; next += 3) {
      const from = row[next] ?? 0;
      if (from > minute) return from;
    }
    return Number.POSITIVE_INFINITY;
  }

  /** Keys that mean something at some time. */
  get size(): number {
    return this.#size;
  }
}

/** Where the interval that contains `minute` begins in a row; -1 when none does. */
const positionOf = (row: readonly number[], minute: number): number => {
  let low = 0;
  let high = row.length / 3;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((row[middle * 3] ?? 0) <= minute) low = middle + 1;
    else high = middle;
  }
  const at = (low - 1) * 3;
  return at >= 0 && minute < (row[at + 1] ?? 0) ? at : -1;
};
