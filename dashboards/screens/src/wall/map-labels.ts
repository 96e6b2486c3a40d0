/** Something with a name at a point of the map, in pixels. */
export interface Labelled {
  readonly code: string;
  readonly name: string;
  readonly x: number;
  readonly y: number;
}

/** Where a name stands beside its mark; `none`: there is no room for it. */
export type LabelSide = "right" | "left" | "below" | "above" | "none";

interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

const overlaps = (one: Box, other: Box): boolean =>
  one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;

/** How wide a text is about: a Han character is as wide as it is high, others are half of it. */
const widthOf = (text: string, fontPx: number): number =>
  Array.from(text).reduce((sum, character) => sum + fontPx * (/[\u2e80-\uffef]/.test(character) ? 1 : 0.58), 0);

/** So many Han characters a name on the map may be long; others are narrower. */
const longestName = 11;

/** A name as the map has room for it: a very long one ends with an ellipsis. */
export const shortName = (name: string): string => {
  if (widthOf(name, 1) <= longestName) return name;
  let short = "";
  for (const character of name) {
    if (widthOf(short + character, 1) > longestName - 1) break;
    short += character;
  }
  return `${short.trimEnd()}…`;
};

/** Puts names beside their marks so that none lies on another; the first ones have the choice. */
export const placeLabels = (
  points: readonly Labelled[],
  { width, height, fontPx }: { readonly width: number; readonly height: number; readonly fontPx: number },
): ReadonlyMap<string, LabelSide> => {
  const half = fontPx * 0.7;
  const taken: Box[] = points.map(({ x, y }) => ({ left: x - half, top: y - half, right: x + half, bottom: y + half }));
  const placed = new Map<string, LabelSide>();
  for (const [index, { code, name, x, y }] of points.entries()) {
    const long = widthOf(name, fontPx);
    const near = fontPx * 0.9;
    const boxes: Readonly<Record<Exclude<LabelSide, "none">, Box>> = {
      right: { left: x + near, top: y - half, right: x + near + long, bottom: y + half },
      left: { left: x - near - long, top: y - half, right: x - near, bottom: y + half },
      below: { left: x - long / 2, top: y + near, right: x + long / 2, bottom: y + near + 2 * half },
      above: { left: x - long / 2, top: y - near - 2 * half, right: x + long / 2, bottom: y - near },
    };
    const side = (["right", "left", "below", "above"] as const).find((each) => {
      const box = boxes[each];
      const isInside = box.left >= 0 && box.top >= 0 && box.right <= width && box.bottom <= height;
      return isInside && !taken.some((other, at) => at !== index && overlaps(box, other));
    });
    placed.set(code, side ?? "none");
    if (side !== undefined) taken.push(boxes[side]);
  }
  return placed;
};
