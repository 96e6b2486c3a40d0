/**
 * A number drawn into a picture so that a program can read it from the screen again: a row of light and dark squares at the
 * top left, 1/40 of the width each: light, dark, light, dark, then 12 bits (the highest first), then the sum of their three
 * groups of four as 4 bits.
 */
const squaresAcross = 40;
const marker = [1, 0, 1, 0] as const;
const bits = 12;

const sumOf = (value: number): number => ((value >> 8) + ((value >> 4) & 15) + (value & 15)) & 15;

const squaresOf = (value: number): number[] => {
  const squares: number[] = [...marker];
  for (let bit = bits - 1; bit >= 0; bit--) squares.push((value >> bit) & 1);
  for (let bit = 3; bit >= 0; bit--) squares.push((sumOf(value) >> bit) & 1);
  return squares;
};

/** Draws a number into the brightness of a picture, one octet a pixel, row by row. */
export const drawClock = (luma: Uint8Array, widthPx: number, value: number): void => {
  const side = Math.floor(widthPx / squaresAcross);
  for (const [at, light] of squaresOf(value).entries()) {
    for (let y = 0; y < side; y++)
      luma.fill(light === 1 ? 235 : 16, y * widthPx + at * side, y * widthPx + (at + 1) * side);
  }
};

/**
 * Reads it from pixels of four octets each (as a canvas gives them); null where there is none. Stands alone, so that a test
 * can hand its source to a browser.
 */
export const readClock = (rgba: ArrayLike<number>, widthPx: number): number | null => {
  const side = widthPx / 40;
  const squares: number[] = [];
  for (let at = 0; at < 20; at++) {
    const pixel = Math.floor(side / 2) * widthPx + Math.floor((at + 0.5) * side);
    squares.push((rgba[4 * pixel + 1] ?? 0) > 125 ? 1 : 0);
  }
  const number = (from: number, to: number): number => squares.slice(from, to).reduce((sum, bit) => sum * 2 + bit, 0);
  const value = number(4, 16);
  const sum = ((value >> 8) + ((value >> 4) & 15) + (value & 15)) & 15;
  return number(0, 4) === 10 && number(16, 20) === sum ? value : null;
};
