import { createRandom } from "../random.ts";
import { drawClock } from "./burnt-clock.ts";

/** What a simulated camera sees. */
export type Scene = "kitchen" | "frozen" | "black" | "covered";

/** Size of a picture. */
export interface PictureSize {
  readonly widthPx: number;
  readonly heightPx: number;
}

const neutral = 128;

/** Noise of a sensor: drawn once, laid over each picture at another place. */
const noiseOf = (bytes: number): Int8Array => {
  const random = createRandom(7);
  return Int8Array.from({ length: bytes }, () => Math.round((random.next() - 0.5) * 6));
};

/** A room: tiles, and a cook who walks to and fro. */
const drawKitchen = (luma: Uint8Array, { widthPx, heightPx }: PictureSize, frame: number, frames: number): void => {
  const tile = Math.max(8, Math.floor(widthPx / 20));
  const way = (1 - Math.cos((2 * Math.PI * frame) / frames)) / 2;
  const left = Math.floor(way * (widthPx * 0.8));
  const top = Math.floor(heightPx * 0.45);
  for (let y = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++) {
      const isCook = y > top && x > left && x < left + widthPx * 0.12;
      const isTile = (Math.floor(x / tile) + Math.floor(y / tile)) % 2 === 0;
      luma[y * widthPx + x] = isCook ? 210 : isTile ? 70 : 110;
    }
  }
};

/**
 * Draws pictures one after the other as planes of YUV 4:2:0: a loop of `frames`, so that the first follows the last. Each
 * carries its number. A frozen scene is the first picture over and over.
 */
export const drawPictures = function* (scene: Scene, size: PictureSize, frames: number): Generator<Uint8Array> {
  const { widthPx, heightPx } = size;
  const pixels = widthPx * heightPx;
  const noise = noiseOf(pixels + 9_973);
  for (let frame = 0; frame < frames; frame++) {
    const picture = new Uint8Array(pixels * 1.5).fill(neutral, pixels);
    const luma = picture.subarray(0, pixels);
    const shown = scene === "frozen" ? 0 : frame;
    if (scene === "black") luma.fill(16);
    else if (scene === "covered") luma.fill(118);
    else {
      drawKitchen(luma, size, shown, frames);
      const shift = (shown * 1_237) % 9_973;
      for (let at = 0; at < pixels; at++) luma[at] = (luma[at] ?? 0) + (noise[at + shift] ?? 0);
      drawClock(luma, widthPx, shown);
    }
    yield picture;
  }
};
