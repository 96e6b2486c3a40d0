import { expect, it } from "vitest";
import { StepPace } from "./step-pace.ts";

/** A follower that takes so many milliseconds a record, and how many records its steps had. */
const stepsOf = (msPerRecord: number, steps: number, there = Number.POSITIVE_INFINITY): number[] => {
  let nowMs = 0;
  const pace = new StepPace(() => nowMs);
  return Array.from({ length: steps }, () => {
    let asked = 0;
    pace.run((limit) => {
      asked = limit;
      const taken = Math.min(limit, there);
      nowMs += taken * msPerRecord;
      return { taken, refused: 0, lsn: 0 };
    });
    return asked;
  });
};

it("lets a step take about 60 ms, within bounds, and grows only while there is a backlog", () => {
  expect(stepsOf(0.04, 6)).toEqual([200, 400, 800, 1500, 1500, 1500]);
  expect(stepsOf(0.001, 6)).toEqual([200, 400, 800, 1600, 3200, 4000]);
  expect(stepsOf(5, 3)).toEqual([200, 200, 200]);
  expect(stepsOf(0.001, 4, 10)).toEqual([200, 200, 200, 200]);
});
