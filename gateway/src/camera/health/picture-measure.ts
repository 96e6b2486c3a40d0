/** A key frame as a small grey picture: one byte a pixel, row after row. */
export interface GreyPicture {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly pixels: Uint8Array;
}

/** What can be said of one picture, and of it beside the one before. Brightness is 0 to 255. */
export interface PictureMeasure {
  readonly meanBrightness: number;
  /** Standard deviation of the brightness. */
  readonly deviation: number;
  /** Share of the picture that is an edge, in percent. */
  readonly edgePercent: number;
  /** Mean absolute difference to the picture before; null for the first one, and after a change of size. */
  readonly difference: number | null;
}

/** From here on a step of brightness between neighbours is an edge of a thing, and not noise of the sensor. */
const edgeStep = 24;

const edges = ({ widthPx, heightPx, pixels }: GreyPicture): number => {
  let found = 0;
  for (let y = 0; y + 1 < heightPx; y++) {
    for (let x = 0; x + 1 < widthPx; x++) {
      const at = y * widthPx + x;
      const here = pixels[at] ?? 0;
      const step = Math.max(Math.abs(here - (pixels[at + 1] ?? 0)), Math.abs(here - (pixels[at + widthPx] ?? 0)));
      if (step >= edgeStep) found++;
    }
  }
  return (100 * found) / Math.max(1, (widthPx - 1) * (heightPx - 1));
};

const differenceOf = (picture: GreyPicture, before: GreyPicture | undefined): number | null => {
  if (before === undefined || before.widthPx !== picture.widthPx || before.heightPx !== picture.heightPx) return null;
  let sum = 0;
  for (let at = 0; at < picture.pixels.length; at++) {
    sum += Math.abs((picture.pixels[at] ?? 0) - (before.pixels[at] ?? 0));
  }
  return sum / Math.max(1, picture.pixels.length);
};

/**
 * Measures a picture. Which figures tell what was tried with black, over-exposed, covered and frozen pictures; more
 * measures (sharpness, a view that was moved) are added here and judged in `CameraHealth`.
 */
export const measurePicture = (picture: GreyPicture, before?: GreyPicture): PictureMeasure => {
  const count = Math.max(1, picture.pixels.length);
  let sum = 0;
  let squares = 0;
  for (const pixel of picture.pixels) {
    sum += pixel;
    squares += pixel * pixel;
  }
  const meanBrightness = sum / count;
  return {
    meanBrightness,
    deviation: Math.sqrt(Math.max(0, squares / count - meanBrightness * meanBrightness)),
    edgePercent: edges(picture),
    difference: differenceOf(picture, before),
  };
};
