import { expect, it } from "vitest";
import { drawnRows } from "./virtual-rows.ts";

it("draws what is seen and a little around, and keeps the room of all the others", () => {
  expect(drawnRows(10_000, 64, 0, 640)).toEqual({ first: 0, end: 22, abovePx: 0, belowPx: 9_978 * 64 });
  const middle = drawnRows(10_000, 64, 64_000, 640);
  expect(middle).toEqual({ first: 988, end: 1_022, abovePx: 988 * 64, belowPx: (10_000 - 1_022) * 64 });
  expect(middle.abovePx + (middle.end - middle.first) * 64 + middle.belowPx).toBe(640_000);
});

it("draws the last rows when it was scrolled beyond a list that became shorter, and nothing of nothing", () => {
  expect(drawnRows(5, 64, 64_000, 640)).toEqual({ first: 4, end: 5, abovePx: 256, belowPx: 0 });
  expect(drawnRows(0, 64, 0, 640)).toEqual({ first: 0, end: 0, abovePx: 0, belowPx: 0 });
});
