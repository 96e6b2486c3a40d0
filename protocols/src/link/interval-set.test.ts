import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Interval, IntervalSet } from "./interval-set.ts";

const most = 40;
const ranges = fc
  .tuple(fc.integer({ min: 1, max: most }), fc.nat(12))
  .map(([from, length]) => ({ from, to: from + length }));
const changes = fc.array(fc.record({ adds: fc.boolean(), range: ranges }), { maxLength: 30 });

const build = (list: readonly { adds: boolean; range: Interval }[]): { set: IntervalSet; model: Set<number> } => {
  const set = new IntervalSet();
  const model = new Set<number>();
  for (const { adds, range } of list) {
    if (adds) set.add(range.from, range.to);
    else set.remove(range.from, range.to);
    for (let value = range.from; value <= range.to; value++) {
      if (adds) model.add(value);
      else model.delete(value);
    }
  }
  return { set, model };
};

const valuesOf = (intervals: readonly Interval[]): number[] =>
  intervals.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, index) => from + index));

const sorted = (values: Iterable<number>): number[] => [...values].sort((a, b) => a - b);

describe("interval set", () => {
  it("holds what a plain set of numbers holds", () => {
    fc.assert(
      fc.property(changes, (list) => {
        const { set, model } = build(list);
        expect(valuesOf(set.intervals)).toEqual(sorted(model));
        expect(set.size).toBe(model.size);
        expect(set.isEmpty).toBe(model.size === 0);
        expect([set.first, set.last]).toEqual([sorted(model)[0], sorted(model).at(-1)]);
      }),
    );
  });

  it("keeps its intervals sorted, apart and not touching", () => {
    fc.assert(
      fc.property(changes, (list) => {
        const { intervals } = build(list).set;
        for (const [index, { from, to }] of intervals.entries()) {
          expect(from).toBeLessThanOrEqual(to);
          expect(from).toBeGreaterThan((intervals[index - 1]?.to ?? -1) + 1);
        }
      }),
    );
  });

  it("answers questions about a value and a range as a plain set would", () => {
    fc.assert(
      fc.property(changes, ranges, (list, { from, to }) => {
        const { set, model } = build(list);
        const asked = valuesOf([{ from, to }]);
        expect(set.has(from)).toBe(model.has(from));
        expect(set.covering(from) !== undefined).toBe(model.has(from));
        expect(set.covers(from, to)).toBe(asked.every((value) => model.has(value)));
        expect(set.nextFrom(from)).toBe(sorted(model).find((value) => value >= from));
        expect(valuesOf(set.within(from, to))).toEqual(asked.filter((value) => model.has(value)));
        expect(valuesOf(set.missing(from, to))).toEqual(asked.filter((value) => !model.has(value)));
      }),
    );
  });

  it("joins, subtracts and copies without touching the other", () => {
    fc.assert(
      fc.property(changes, changes, (left, right) => {
        const a = build(left);
        const b = build(right);
        const joined = a.set.clone();
        joined.addAll(b.set);
        const rest = a.set.clone();
        rest.removeAll(b.set);
        expect(valuesOf(joined.intervals)).toEqual(sorted(new Set([...a.model, ...b.model])));
        expect(valuesOf(rest.intervals)).toEqual(sorted(a.model).filter((value) => !b.model.has(value)));
        expect(valuesOf(a.set.intervals)).toEqual(sorted(a.model));
        expect(valuesOf(b.set.intervals)).toEqual(sorted(b.model));
      }),
    );
  });

  it("takes an empty range for nothing", () => {
    const set = new IntervalSet([{ from: 3, to: 4 }]);
    set.add(9, 8);
    set.remove(4, 3);
    expect(set.intervals).toEqual([{ from: 3, to: 4 }]);
    set.clear();
    expect(set.isEmpty).toBe(true);
  });
});
