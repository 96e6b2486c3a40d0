/** A closed range of sequence numbers. */
export interface Interval {
  readonly from: number;
  readonly to: number;
}

/**
 * A set of integers kept as sorted, disjoint, non-adjacent closed intervals: ten million receipted records are one entry.
 */
export class IntervalSet {
  private spans: Interval[] = [];

  constructor(spans: Iterable<Interval> = []) {
    for (const span of spans) this.add(span.from, span.to);
  }

  /** The intervals in ascending order. */
  get intervals(): readonly Interval[] {
    return this.spans;
  }

  get isEmpty(): boolean {
    return this.spans.length === 0;
  }

  /** How many integers the set holds. */
  get size(): number {
    let total = 0;
    for (const span of this.spans) total += span.to - span.from + 1;
    return total;
  }

  get first(): number | undefined {
    return this.spans[0]?.from;
  }

  get last(): number | undefined {
    return this.spans.at(-1)?.to;
  }

  /** Index of the first span whose end is at or behind `value`. */
  private firstEndingAt(value: number): number {
    let low = 0;
    let high = this.spans.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.spans[middle] as Interval).to < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  has(value: number): boolean {
    const span = this.spans[this.firstEndingAt(value)];
    return span !== undefined && span.from <= value;
  }

  /** True when every integer of the range is in the set. */
  covers(from: number, to: number): boolean {
    const span = this.spans[this.firstEndingAt(from)];
    return span !== undefined && span.from <= from && span.to >= to;
  }

  /** The interval that holds `value`. */
  covering(value: number): Interval | undefined {
    const span = this.spans[this.firstEndingAt(value)];
    return span !== undefined && span.from <= value ? span : undefined;
  }

  /** The smallest element at or above `value`. */
  nextFrom(value: number): number | undefined {
    const span = this.spans[this.firstEndingAt(value)];
    return span === undefined ? undefined : Math.max(span.from, value);
  }

  add(from: number, to: number): void {
    if (to < from) return;
    const start = this.firstEndingAt(from - 1);
    let end = start;
    let low = from;
    let high = to;
    for (; end < this.spans.length; end++) {
      const span = this.spans[end] as Interval;
      if (span.from > to + 1) break;
      low = Math.min(low, span.from);
      high = Math.max(high, span.to);
    }
    this.spans.splice(start, end - start, { from: low, to: high });
  }

  remove(from: number, to: number): void {
    if (to < from) return;
    const start = this.firstEndingAt(from);
    let end = start;
    const rest: Interval[] = [];
    for (; end < this.spans.length; end++) {
      const span = this.spans[end] as Interval;
      if (span.from > to) break;
      if (span.from < from) rest.push({ from: span.from, to: from - 1 });
      if (span.to > to) rest.push({ from: to + 1, to: span.to });
    }
    this.spans.splice(start, end - start, ...rest);
  }

  addAll(other: IntervalSet): void {
    for (const span of other.spans) this.add(span.from, span.to);
  }

  removeAll(other: IntervalSet): void {
    for (const span of other.spans) this.remove(span.from, span.to);
  }

  /** The parts of [from, to] that the set holds. */
  within(from: number, to: number): Interval[] {
    const parts: Interval[] = [];
    for (let index = this.firstEndingAt(from); index < this.spans.length; index++) {
      const span = this.spans[index] as Interval;
      if (span.from > to) break;
      parts.push({ from: Math.max(span.from, from), to: Math.min(span.to, to) });
    }
    return parts;
  }

  /** The parts of [from, to] that the set does not hold. */
  missing(from: number, to: number): Interval[] {
    const parts: Interval[] = [];
    let next = from;
    for (const span of this.within(from, to)) {
      if (span.from > next) parts.push({ from: next, to: span.from - 1 });
      next = span.to + 1;
    }
    if (next <= to) parts.push({ from: next, to });
    return parts;
  }

  clear(): void {
    this.spans = [];
  }

  clone(): IntervalSet {
    const copy = new IntervalSet();
    copy.spans = [...this.spans];
    return copy;
  }
}
