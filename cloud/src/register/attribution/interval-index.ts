/** Gives texts small numbers, so that each is held once. */
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

  /** Undefined for a text that was never given a number. */
  find(text: string): number | undefined {
    return this.#numbers.get(text);
  }

  textOf(number: number): string {
    return this.#texts[number] ?? "";
  }
}

/**
 * What a key meant from when to when: for each key a sorted row of (from, to, value), small integers in one array. A
 * look-up searches it by halves.
 */
export class IntervalIndex {
  readonly #rows = new Map<number, number[]>();

  /** Adds an interval. Those of a key come in order and do not overlap. */
  append(key: number, from: number, to: number, value: number): void {
    const row = this.#rows.get(key);
    if (row === undefined) this.#rows.set(key, [from, to, value]);
    else row.push(from, to, value);
  }

  forget(key: number): void {
    this.#rows.delete(key);
  }

  /** What `key` meant at `minute`; -1 when nothing. */
  find(key: number, minute: number): number {
    const row = this.#rows.get(key);
    if (row === undefined) return -1;
    let low = 0;
    let high = row.length / 3;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((row[middle * 3] ?? 0) <= minute) low = middle + 1;
      else high = middle;
    }
    const at = (low - 1) * 3;
    return at >= 0 && minute < (row[at + 1] ?? 0) ? (row[at + 2] ?? -1) : -1;
  }

  get size(): number {
    return this.#rows.size;
  }
}
