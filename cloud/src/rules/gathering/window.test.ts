import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { maxFacts, type WindowFact, WindowFacts } from "./window-facts.ts";

const overMs = 1_000;

interface Said {
  readonly atMs: number;
  readonly value: number;
  readonly line: number;
}

/** What a window holds, counted from everything that was ever said. */
const oracle = (said: readonly Said[]) => {
  let kept: Said[] = [];
  for (const one of said) {
    const endMs = Math.max(one.atMs, ...kept.map(({ atMs }) => atMs));
    if (one.atMs <= endMs - overMs) continue;
    kept = [...kept.filter(({ atMs }) => atMs > endMs - overMs), one];
  }
  const values = kept.map(({ value }) => value).sort((a, b) => a - b);
  return {
    count: kept.length,
    sum: values.reduce((sum, value) => sum + value, 0),
    distinct: new Set(values).size,
    ...{ min: values[0] ?? 0, max: values.at(-1) ?? 0 },
    p90: values[Math.max(1, Math.ceil(0.9 * values.length)) - 1] ?? 0,
  };
};

const windowOf = (said: readonly Said[]): WindowFacts => {
  const facts = new WindowFacts([]);
  for (const { atMs, value, line } of said) {
    const endMs = Math.max(atMs, facts.newestMs ?? 0);
    if (atMs <= endMs - overMs) continue;
    facts.dropUntil(endMs - overMs);
    facts.add([atMs, line, 1, value, value]);
  }
  return facts;
};

const figuresOf = (facts: WindowFacts) => {
  const { count, distinct, sum, min, max } = facts.figures(overMs, true);
  return { count: Number(count), sum, distinct: Number(distinct), min, max, p90: facts.percentile(0.9) };
};

/** The same as the oracle says. */
const agrees = (windowAfter: (said: readonly Said[]) => WindowFacts): void =>
  fc.assert(
    fc.property(saids, (said) => {
      expect(figuresOf(windowAfter(said))).toEqual(oracle(said));
    }),
  );

const saids = fc.array(
  fc.record({ atMs: fc.integer({ min: 1, max: 5_000 }), value: fc.integer({ min: -3, max: 9 }), line: fc.nat(2) }),
  { maxLength: 60 },
);

describe("a window", () => {
  it("has the figures of the facts within its length, however mixed they arrive", () => {
    agrees(windowOf);
  });

  it("would not, if it ended at the fact that arrives last", () => {
    const byArrival = (said: readonly Said[]): WindowFacts => {
      const facts = new WindowFacts([]);
      for (const { atMs, value, line } of said) {
        facts.dropUntil(atMs - overMs);
        facts.add([atMs, line, 1, value, value]);
      }
      return facts;
    };
    expect(() => agrees(byArrival)).toThrow("Counterexample");
  });

  it("is the same again from what is stored of it", () => {
    fc.assert(
      fc.property(saids, (said) => {
        const facts = windowOf(said);
        const again = new WindowFacts(JSON.parse(JSON.stringify(facts.list)) as WindowFact[]);
        expect(figuresOf(again)).toEqual(figuresOf(facts));
      }),
    );
  });

  it("gives up the facts of a line and keeps the others", () => {
    fc.assert(
      fc.property(saids, (said) => {
        const facts = windowOf(said);
        const left = facts.list.filter(([, line]) => line !== 1);
        facts.dropLine(1);
        expect(figuresOf(facts)).toEqual(figuresOf(new WindowFacts(left)));
      }),
    );
  });

  it("sums decimals as people do: ten times 0.1 is 1, whatever came and went before", () => {
    fc.assert(
      fc.property(saids, fc.constantFrom(10, 100, 1_000), (said, places) => {
        const tenths = said.map((one) => ({ ...one, value: one.value / places }));
        const whole = oracle(said).sum;
        expect(windowOf(tenths).sum).toBe(whole / places);
      }),
    );
  });

  it("stays within its bound, with count and sum as they are", () => {
    const facts = new WindowFacts([]);
    for (let index = 1; index <= 5_000; index++) facts.add([index, 1, 1, index, index]);
    expect(facts.list.length).toBeLessThanOrEqual(maxFacts);
    expect(facts.figures(overMs, false)).toMatchObject({ count: 5_000n, sum: (5_000 * 5_001) / 2 });
  });
});
