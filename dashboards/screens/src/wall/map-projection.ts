import type { MapShape } from "@mingcheng/protocols";

type Position = readonly [x: number, y: number];

const isPosition = (value: unknown): value is Position => Array.isArray(value) && typeof value[0] === "number";

/** Every position of a shape, ring after ring. */
export const ringsOf = ({ type, coordinates }: MapShape): readonly (readonly Position[])[] => {
  if (type === "Point") return isPosition(coordinates) ? [[coordinates]] : [];
  const polygons = (type === "Polygon" ? [coordinates] : coordinates) as readonly (readonly Position[])[][];
  return polygons.flat();
};

/** How a map lies in a box: where each position is, in pixels from its upper left corner. */
export type Projection = (position: Position) => { readonly x: number; readonly y: number };

/** Degrees of longitude are shorter than those of latitude the further from the equator. */
const stretchOf = (ys: readonly number[], isDegrees: boolean): number => {
  const middle = (Math.min(...ys) + Math.max(...ys)) / 2;
  return isDegrees ? Math.cos((middle * Math.PI) / 180) : 1;
};

/** Fits shapes into a box with a margin around, the same scale in both directions, north up. */
export const fit = (
  shapes: readonly MapShape[],
  box: { readonly width: number; readonly height: number; readonly margin: number },
  isPlan: boolean,
): Projection => {
  const all = shapes.flatMap((shape) => ringsOf(shape).flat());
  const [xs, ys] = [all.map(([x]) => x), all.map(([, y]) => y)];
  if (all.length === 0) return () => ({ x: box.width / 2, y: box.height / 2 });
  const isDegrees = !isPlan && xs.every((x) => Math.abs(x) <= 180) && ys.every((y) => Math.abs(y) <= 90);
  const stretch = stretchOf(ys, isDegrees);
  const [left, right] = [Math.min(...xs) * stretch, Math.max(...xs) * stretch];
  const [bottom, top] = [Math.min(...ys), Math.max(...ys)];
  const room = { width: box.width - 2 * box.margin, height: box.height - 2 * box.margin };
  const scale = Math.min(room.width / Math.max(right - left, 1e-9), room.height / Math.max(top - bottom, 1e-9));
  // A single point has no extent: it stands in the middle.
  const used = scale > 1e6 ? 0 : scale;
  return ([x, y]) => ({
    x: box.width / 2 + (x * stretch - (left + right) / 2) * used,
    y: box.height / 2 - (y - (bottom + top) / 2) * used,
  });
};

/** A shape as the path of an SVG. */
export const pathOf = (shape: MapShape, project: Projection): string =>
  ringsOf(shape)
    .map((ring) => {
      const points = ring.map((position) => {
        const { x, y } = project(position);
        return `${x.toFixed(1)} ${y.toFixed(1)}`;
      });
      return `M${points.join("L")}Z`;
    })
    .join("");

/** The middle of a shape: where its label stands. */
export const middleOf = (shape: MapShape, project: Projection): { readonly x: number; readonly y: number } => {
  const points = ringsOf(shape).flat().map(project);
  const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)];
  return { x: (Math.min(...xs) + Math.max(...xs)) / 2, y: (Math.min(...ys) + Math.max(...ys)) / 2 };
};
