import type { MapShape } from "@mingcheng/protocols";
import { describe, expect, it } from "vitest";
import { fit, middleOf, pathOf } from "./map-projection.ts";

const box = { width: 200, height: 100, margin: 10 };
const square = (x: number, y: number, size: number): MapShape => ({
  type: "Polygon",
  coordinates: [
    [
      [x, y],
      [x + size, y],
      [x + size, y + size],
      [x, y + size],
      [x, y],
    ],
  ],
});

describe("a map in its box", () => {
  it("keeps its proportions, with north up and its middle in the middle", () => {
    const plan = square(0, 0, 40);
    const project = fit([plan], box, true);
    expect(project([0, 0])).toEqual({ x: 60, y: 90 });
    expect(project([40, 40])).toEqual({ x: 140, y: 10 });
    expect(middleOf(plan, project)).toEqual({ x: 100, y: 50 });
    expect(pathOf(plan, project)).toBe("M60.0 90.0L140.0 90.0L140.0 10.0L60.0 10.0L60.0 90.0Z");
  });

  it("makes degrees of longitude as short as they are at that latitude", () => {
    const project = fit([square(118, 60, 1)], box, false);
    const [west, east] = [project([118, 60.5]), project([119, 60.5])];
    const [south, north] = [project([118, 60]), project([118, 61])];
    expect((east.x - west.x) / (south.y - north.y)).toBeCloseTo(0.5, 1);
  });

  it("puts a single point, and nothing, into the middle", () => {
    const point: MapShape = { type: "Point", coordinates: [5, 5] };
    expect(fit([point], box, false)([5, 5])).toEqual({ x: 100, y: 50 });
    expect(fit([], box, false)([5, 5])).toEqual({ x: 100, y: 50 });
  });
});
