import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ReadingEvent } from "../devices/device-event.ts";
import {
  defaultSettlingRules,
  initialSettling,
  interruptSettling,
  type SettledLoad,
  type SettlingRules,
  trackLoad,
} from "./settling.ts";

interface Heard {
  readonly atMs: number;
  readonly reading: ReadingEvent;
}

const blank: ReadingEvent = {
  event: "reading",
  raw: Uint8Array.of(0x02),
  value: "0.00",
  unit: "kg",
  mode: "gross",
  stable: "reported-stable",
  tare: null,
  overload: false,
  underload: false,
  increment: 1,
  states: [],
};

const shows = (value: string | null, more: Partial<ReadingEvent> = {}): ReadingEvent => ({ ...blank, value, ...more });
const text = (hundredths: number): string =>
  `${hundredths < 0 ? "-" : ""}${Math.floor(Math.abs(hundredths) / 100)}.${(Math.abs(hundredths) % 100).toString().padStart(2, "0")}`;

interface Outcome {
  readonly index: number;
  readonly load: SettledLoad;
}

const play = (heard: readonly Heard[], rules: SettlingRules) => {
  let state = initialSettling(rules);
  const weighings: Outcome[] = [];
  let changes = 0;
  let unsettled = 0;
  for (const [index, { atMs, reading }] of heard.entries()) {
    const step = trackLoad(state, reading, atMs, rules);
    state = step.state;
    if (step.weighing !== null) weighings.push({ index, load: step.weighing });
    if (step.changed !== null) changes++;
    if (step.unsettled) unsettled++;
  }
  return { weighings, changes, unsettled, state };
};

const every = (ms: number, readings: readonly ReadingEvent[]): Heard[] =>
  readings.map((reading, index) => ({ atMs: index * ms, reading }));

const values = (weighings: readonly Outcome[]): string[] => weighings.map(({ load }) => load.value);

/** A load as a scale shows it: rising in motion, standing, falling in motion, an empty pan. */
const load = fc
  .record({
    hundredths: fc.integer({ min: 5, max: 3_000_000 }),
    rising: fc.array(fc.integer({ min: 5, max: 3_000_000 }), { maxLength: 8 }),
    standing: fc.integer({ min: 8, max: 20 }),
    falling: fc.array(fc.integer({ min: 5, max: 3_000_000 }), { maxLength: 5 }),
    empty: fc.integer({ min: 3, max: 8 }),
  })
  .map((shape) => ({ ...shape, value: text(shape.hundredths) }));
type Load = typeof load extends fc.Arbitrary<infer One> ? One : never;

const reported = (loads: readonly Load[]): ReadingEvent[] => [
  ...Array.from({ length: 3 }, () => shows("0.00")),
  ...loads.flatMap(({ rising, standing, falling, empty, value }) => [
    ...rising.map((hundredths) => shows(text(hundredths), { stable: "reported-unstable", states: ["motion"] })),
    ...Array.from({ length: standing }, () => shows(value)),
    ...falling.map((hundredths) => shows(text(hundredths), { stable: "reported-unstable", states: ["motion"] })),
    ...Array.from({ length: empty }, () => shows("0.00")),
  ]),
];

/** The same without a stability bit; on the way up and down no two readings in a row are equal. */
const unreported = (loads: readonly Load[]): ReadingEvent[] =>
  reported(loads)
    .filter((reading, index, all) => reading.stable === "reported-stable" || reading.value !== all[index - 1]?.value)
    .map((reading) => ({ ...reading, stable: "unknown", states: [], increment: null }));

const rulesOf = fc.record({
  captureAt: fc.constantFrom("settle", "fall"),
  emptySamples: fc.integer({ min: 1, max: 3 }),
  reportedSamples: fc.integer({ min: 1, max: 4 }),
});

describe("settling of whole loads", () => {
  it("makes one weighing per load with its standing weight, in order, when the scale reports stability", () => {
    fc.assert(
      fc.property(fc.array(load, { minLength: 1, maxLength: 6 }), rulesOf, (loads, chosen) => {
        const rules = { ...defaultSettlingRules, ...chosen };
        const { weighings, changes, unsettled } = play(every(100, reported(loads)), rules);
        expect(values(weighings)).toEqual(loads.map(({ value }) => value));
        expect(weighings.every(({ load: settled }) => settled.rule === "reported")).toBe(true);
        expect([changes, unsettled]).toEqual([0, 0]);
      }),
      { numRuns: 500 },
    );
  });

  it("makes one weighing per load when stability can only be inferred, and says so", () => {
    fc.assert(
      fc.property(fc.array(load, { minLength: 1, maxLength: 6 }), (loads) => {
        const heavy = loads.filter(({ hundredths }) => hundredths > 10);
        const { weighings } = play(every(100, unreported(heavy)), defaultSettlingRules);
        expect(values(weighings)).toEqual(heavy.map(({ value }) => value));
        expect(weighings.every(({ load: settled }) => settled.rule === "inferred")).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it("infers nothing before the window is over, however many readings agree", () => {
    const readings = [shows("0.00"), shows("0.00"), ...Array.from({ length: 100 }, () => shows("1.25"))].map(
      (reading): ReadingEvent => ({ ...reading, stable: "unknown" }),
    );
    const { weighings } = play(every(10, readings), defaultSettlingRules);
    // The first of the equal readings came at 20 ms; the window is 500 ms.
    expect(weighings.map(({ index, load: { durationMs } }) => [index, durationMs])).toEqual([[52, 500]]);
  });
});

/** Anything a scale can say, with runs of equal readings so that something settles now and then. */
const anything: fc.Arbitrary<readonly Heard[]> = fc
  .array(
    fc.record({
      reading: fc.record({
        value: fc.constantFrom("0.00", "0.01", "-0.05", "1.25", "2.50", "2.51", null),
        unit: fc.constantFrom("kg", "g"),
        mode: fc.constantFrom("gross", "net", "tare"),
        stable: fc.constantFrom("reported-stable", "reported-unstable", "unknown"),
        overload: fc.constantFrom(false, false, false, true),
        underload: fc.constantFrom(false, false, false, true),
        states: fc.constantFrom<ReadingEvent["states"]>([], [], [], ["not-zeroed"], ["expanded"], ["print-request"]),
      }),
      repeats: fc.integer({ min: 1, max: 12 }),
      gapMs: fc.constantFrom(50, 100, 300, 2500),
    }),
    { maxLength: 25 },
  )
  .map((runs) => {
    let atMs = 0;
    return runs.flatMap(({ reading, repeats, gapMs }) =>
      Array.from({ length: repeats }, () => {
        atMs += gapMs;
        return { atMs, reading: { ...blank, ...reading } };
      }),
    );
  });

const isWeight = ({ value, overload, underload, states, mode }: ReadingEvent): boolean =>
  value !== null &&
  !overload &&
  !underload &&
  mode !== "tare" &&
  !states.some((s) => s === "not-zeroed" || s === "expanded");
const isEmpty = (reading: ReadingEvent): boolean => isWeight(reading) && Number(reading.value) <= 0.02;

/** How many readings up to `index` are the same, without a gap, and for how long: looked up backwards in what was heard. */
const plateauAt = (
  heard: readonly Heard[],
  index: number,
  maxGapMs: number,
): { samples: number; durationMs: number } => {
  const last = heard[index];
  let from = index;
  for (let at = index - 1; at >= 0; at--) {
    const [one, next] = [heard[at], heard[at + 1]];
    if (last === undefined || one === undefined || next === undefined) break;
    const same = (["value", "unit", "mode", "stable"] as const).every((key) => one.reading[key] === last.reading[key]);
    if (!same || !isWeight(one.reading) || next.atMs - one.atMs > maxGapMs) break;
    from = at;
  }
  return { samples: index - from + 1, durationMs: (last?.atMs ?? 0) - (heard[from]?.atMs ?? 0) };
};

/** True when the pan was seen empty in as many readings in a row as the rules ask, somewhere in these. */
const wasEmptied = (heard: readonly Heard[], needed: number): boolean => {
  let run = 0;
  for (const { reading } of heard) {
    run = isEmpty(reading) ? run + 1 : 0;
    if (run >= needed) return true;
  }
  return false;
};

describe("settling of anything at all", () => {
  it("weighs only what stood still in good readings, at most once between two empty pans", () => {
    fc.assert(
      fc.property(anything, (heard) => {
        const rules = { ...defaultSettlingRules, zeroBand: "0.02" };
        const { weighings } = play(heard, rules);
        let from = 0;
        for (const { index, load: settled } of weighings) {
          const { reading } = settled;
          expect(reading).toBe(heard[index]?.reading);
          expect(isWeight(reading) && !isEmpty(reading) && reading.stable !== "reported-unstable").toBe(true);
          const plateau = plateauAt(heard, index, rules.maxGapMs);
          expect(plateau).toEqual({ samples: settled.samples, durationMs: settled.durationMs });
          if (reading.stable === "reported-stable")
            expect(plateau.samples).toBeGreaterThanOrEqual(rules.reportedSamples);
          else {
            expect(plateau.samples).toBeGreaterThanOrEqual(rules.inferredSamples);
            expect(plateau.durationMs).toBeGreaterThanOrEqual(rules.inferredWindowMs);
          }
          expect(wasEmptied(heard.slice(from, index), rules.emptySamples)).toBe(true);
          from = index;
        }
      }),
      { numRuns: 2000 },
    );
  });

  it("would notice a second weighing of the same load, and one from a single reading", () => {
    const standing = every(100, [shows("0.00"), shows("0.00"), ...Array.from({ length: 6 }, () => shows("1.25"))]);
    expect(wasEmptied(standing.slice(3, 6), 2)).toBe(false);
    expect(plateauAt(standing, 2, 2000).samples).toBe(1);
    const eager = play(standing, { ...defaultSettlingRules, reportedSamples: 1 });
    expect(eager.weighings.map(({ index }) => index)).toEqual([2]);
  });

  it("never weighs what a state lies about", () => {
    const lies: Partial<ReadingEvent>[] = [
      { stable: "reported-unstable" },
      { overload: true },
      { underload: true },
      { states: ["not-zeroed"] },
      { states: ["expanded"] },
      { mode: "tare" },
    ];
    for (const lie of lies) {
      const readings = [shows("0.00"), shows("0.00"), ...Array.from({ length: 30 }, () => shows("1.25", lie))];
      expect(play(every(100, readings), defaultSettlingRules).weighings).toEqual([]);
    }
    const nothing = [shows("0.00"), shows("0.00"), ...Array.from({ length: 30 }, () => shows(null))];
    expect(play(every(100, nothing), defaultSettlingRules).weighings).toEqual([]);
  });
});

describe("settling at the edges", () => {
  const standing = Array.from({ length: 10 }, () => shows("1.25"));
  const gone = Array.from({ length: 3 }, () => shows("0.00"));

  it("waits with a load that lay there at the start until the pan was empty once", () => {
    const heard = every(100, [...standing, ...gone, ...standing]);
    expect(values(play(heard, defaultSettlingRules).weighings)).toEqual(["1.25"]);
    const counting: SettlingRules = { ...defaultSettlingRules, loadAtStart: "capture" };
    expect(values(play(heard, counting).weighings)).toEqual(["1.25", "1.25"]);
  });

  it("counts a load that changes without the pan being emptied, and weighs it once", () => {
    const more = Array.from({ length: 10 }, () => shows("2.00"));
    const heard = every(100, [...gone, ...standing, ...more, ...gone]);
    const { weighings, changes } = play(heard, defaultSettlingRules);
    expect([values(weighings), changes]).toEqual([["1.25"], 1]);
    const late: SettlingRules = { ...defaultSettlingRules, captureAt: "fall" };
    expect(values(play(heard, late).weighings)).toEqual(["2.00"]);
  });

  it("says when a load was taken off before it settled", () => {
    const moving = Array.from({ length: 5 }, (_, index) => shows(`${index + 1}.00`, { stable: "reported-unstable" }));
    expect(play(every(100, [...gone, ...moving, ...gone]), defaultSettlingRules).unsettled).toBe(1);
  });

  it("does not end a load because of one empty reading", () => {
    const heard = every(100, [...gone, ...standing, shows("0.00"), ...standing, ...gone]);
    expect(values(play(heard, defaultSettlingRules).weighings)).toEqual(["1.25"]);
  });

  it("does not weigh a load again after the line was broken", () => {
    const rules = defaultSettlingRules;
    const before = play(every(100, [...gone, ...standing]), rules);
    let state = interruptSettling(before.state);
    const again = standing.map((reading, index) => {
      const step = trackLoad(state, reading, 60_000 + index * 100, rules);
      state = step.state;
      return step.weighing;
    });
    expect(again.every((weighing) => weighing === null)).toBe(true);
  });

  it("does not join readings over a gap", () => {
    const heard = [...every(100, gone), { atMs: 1000, reading: shows("1.25") }, { atMs: 9000, reading: shows("1.25") }];
    expect(play(heard, defaultSettlingRules).weighings).toEqual([]);
  });

  it("takes two steps, or ten of the last digit when no step is known, for empty", () => {
    const light = (value: string, increment: ReadingEvent["increment"]): ReadingEvent[] =>
      [...gone, ...Array.from({ length: 10 }, () => shows(value))].map((reading) => ({ ...reading, increment }));
    const weighed = (value: string, increment: ReadingEvent["increment"]): string[] =>
      values(play(every(100, light(value, increment)), defaultSettlingRules).weighings);
    expect([weighed("0.02", 1), weighed("0.03", 1)]).toEqual([[], ["0.03"]]);
    expect([weighed("0.10", 5), weighed("0.15", 5)]).toEqual([[], ["0.15"]]);
    expect([weighed("0.10", null), weighed("0.11", null)]).toEqual([[], ["0.11"]]);
  });
});
