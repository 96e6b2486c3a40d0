import type { ColumnType } from "./column.ts";

/** No shape of a city needs more; a map of a thousand of them is still drawn at once. */
const maxPositions = 1_000;
const maxLength = 16_384;
/** Degrees of a map, or metres of a plan: nothing is further from where it begins. */
const farthest = 1_000_000;

/** A shape of GeoJSON (RFC 7946) as far as maps here have them: a point, or an area without height. */
export interface Shape {
  readonly type: "Point" | "Polygon" | "MultiPolygon";
  readonly coordinates: unknown;
}

const isPosition = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.length === 2 &&
  value.every((part) => typeof part === "number" && Math.abs(part) <= farthest);

/** Section 3.1.6: four positions or more, the last the same as the first. */
const isRing = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.length >= 4 &&
  value.every(isPosition) &&
  JSON.stringify(value[0]) === JSON.stringify(value.at(-1));

const isPolygon = (value: unknown): boolean => Array.isArray(value) && value.length > 0 && value.every(isRing);

const checks: Readonly<Record<Shape["type"], (coordinates: unknown) => boolean>> = {
  Point: isPosition,
  Polygon: isPolygon,
  MultiPolygon: (value) => Array.isArray(value) && value.length > 0 && value.every(isPolygon),
};

/** Reads the text of a shape; undefined when it is none. */
export const shapeOf = (text: string): Shape | undefined => {
  if (text.length > maxLength) return undefined;
  try {
    const { type, coordinates } = JSON.parse(text) as Partial<Shape>;
    if (type === undefined || !Object.hasOwn(checks, type) || !checks[type](coordinates)) return undefined;
    const positions = JSON.stringify(coordinates).split(",").length / 2;
    return positions > maxPositions ? undefined : { type, coordinates };
  } catch {
    return undefined;
  }
};

/** The text of a {@link Shape}. */
export const shape: ColumnType = {
  accepts: (text) => shapeOf(text) !== undefined,
  expected: {
    zh: `GeoJSON 几何：Point、Polygon 或 MultiPolygon，二维坐标，环首尾相同，最多 ${maxPositions} 个点`,
    en: `a GeoJSON geometry: Point, Polygon or MultiPolygon, two coordinates, closed rings, at most ${maxPositions} positions`,
  },
};
