import { describe, expect, it } from "vitest";
import type { ReadingEvent } from "../devices/device-event.ts";
import { initialScaleState, type ScaleStateChange, trackScaleState } from "./scale-state.ts";

const normal: ReadingEvent = {
  event: "reading",
  raw: new Uint8Array(0),
  value: "1.00",
  unit: "kg",
  mode: "gross",
  stable: "reported-stable",
  tare: null,
  overload: false,
  underload: false,
  increment: 1,
  states: [],
};
const over: ReadingEvent = { ...normal, value: null, overload: true };
const moving: ReadingEvent = { ...normal, states: ["motion"], stable: "reported-unstable" };
const rules = { samples: 2, motionTooLongMs: 1000 };

const play = (readings: readonly ReadingEvent[]): ScaleStateChange[] => {
  let track = initialScaleState;
  return readings.flatMap((reading, index) => {
    const step = trackScaleState(track, reading, index * 100, rules);
    track = step.track;
    return step.change === null ? [] : [step.change];
  });
};

const times = (count: number, reading: ReadingEvent): ReadingEvent[] => Array.from({ length: count }, () => reading);

describe("states of a scale", () => {
  it("gives a state once when enough readings agree, and its end once", () => {
    expect(play([...times(3, normal), ...times(9, over), ...times(9, normal)])).toEqual([
      { state: "overload", previous: "normal" },
      { state: "normal", previous: "overload" },
    ]);
  });

  it("gives nothing for a scale that is normal, and nothing for one odd reading", () => {
    expect(play([...times(5, normal), over, ...times(5, normal)])).toEqual([]);
  });

  it("names a state that was there from the start", () => {
    expect(play(times(3, over))).toEqual([{ state: "overload", previous: null }]);
  });

  it("tells that the gross weight is below zero, by more than the zero may wander", () => {
    const below: ReadingEvent = { ...normal, value: "-0.05" };
    expect(
      play([...times(3, normal), ...times(4, below), { ...below, stable: "reported-unstable" }, ...times(3, normal)]),
    ).toEqual([
      { state: "below-zero", previous: "normal" },
      { state: "normal", previous: "below-zero" },
    ]);
    expect(play([...times(3, normal), ...times(4, { ...below, value: "-0.02" })])).toEqual([]);
    // A net weight is below zero when the dish is away, and of an unknown one nobody knows.
    expect(play([...times(4, { ...below, mode: "net" }), ...times(4, { ...below, mode: "unknown" })])).toEqual([]);
  });

  it("counts motion only when it lasts too long", () => {
    expect(play([...times(2, normal), ...times(9, moving), ...times(2, normal)])).toEqual([]);
    expect(play([...times(2, normal), ...times(14, moving), ...times(2, normal)])).toEqual([
      { state: "motion", previous: "normal" },
      { state: "normal", previous: "motion" },
    ]);
  });

  it("lets the most serious state win", () => {
    const worst: ReadingEvent = { ...over, underload: true, states: ["not-zeroed"] };
    expect(play(times(2, worst))).toEqual([{ state: "overload", previous: null }]);
    expect(play(times(2, { ...normal, underload: true, states: ["not-zeroed"] }))).toEqual([
      { state: "underload", previous: null },
    ]);
    expect(play(times(2, { ...normal, states: ["not-zeroed"] }))).toEqual([{ state: "not-zeroed", previous: null }]);
  });
});
