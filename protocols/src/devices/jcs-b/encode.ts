/** What a simulated scale says in one frame. */
export interface JcsBFrameSpec {
  /** Shown weight, at most six digits and five places. */
  readonly value: string;
  readonly unit: "kg" | "lb";
  readonly stable: boolean;
  readonly overflow: boolean;
}

/** The six bytes a scale would send (Yousheng JCS-B manual). */
export const encodeJcsBFrame = ({ value, unit, stable, overflow }: JcsBFrameSpec): Uint8Array<ArrayBuffer> => {
  const point = value.indexOf(".");
  const places = point < 0 ? 0 : value.length - point - 1;
  const digits = value.replace(/[-.]/g, "").padStart(6, "0").slice(-6);
  const flags = places | (value.startsWith("-") ? 0x20 : 0) | (stable ? 0x40 : 0) | (overflow ? 0x80 : 0);
  const pair = (at: number): number => Number.parseInt(digits.slice(at, at + 2), 16);
  return Uint8Array.of(0xff, flags, pair(4), pair(2), pair(0), unit === "lb" ? 1 : 0);
};
