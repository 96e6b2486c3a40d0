import { parseMassUnit } from "../units/mass.ts";
import type { ReadingEvent, ScaleFlag } from "./device-event.ts";

/** A reading of which only what the frame says has to be given; the rest is unknown, absent or false. */
export const readingWith = (raw: Uint8Array, said: Partial<Omit<ReadingEvent, "event" | "raw">>): ReadingEvent => ({
  event: "reading",
  raw,
  value: null,
  unit: null,
  mode: "unknown",
  stable: "unknown",
  tare: null,
  overload: false,
  underload: false,
  increment: null,
  states: [],
  ...said,
});

/** What a scale that reports motion says about it: its stability and, in motion, the state. */
export const motionOf = (moving: boolean): { stable: ReadingEvent["stable"]; states: readonly ScaleFlag[] } =>
  moving ? { stable: "reported-unstable", states: ["motion"] } : { stable: "reported-stable", states: [] };

/**
 * The number in a weight field as decimal text: blanks around it and between sign and digits are padding, zeros before it
 * too, a minus is kept (negative zero occurs), a plus is not. `null` when the field holds anything else.
 */
export const numberIn = (field: string): string | null => {
  const match = /^ *([+-]?) *(\d*)(?:\.(\d*))? *$/.exec(field);
  if (match === null) return null;
  const [whole, fraction] = [match[2] ?? "", match[3] ?? ""];
  if (whole === "" && fraction === "") return null;
  const sign = match[1] === "-" ? "-" : "";
  const digits = whole.replace(/^0+(?=\d)/, "");
  return `${sign}${digits === "" ? "0" : digits}${fraction === "" ? "" : `.${fraction}`}`;
};

/** Digits without a point, with `places` of them after it: `numberOf("001234", 3)` is `1.234`. */
export const numberOf = (digits: string, places: number, negative = false): string => {
  const padded = digits.padStart(places + 1, "0");
  const whole = padded.slice(0, padded.length - places).replace(/^0+(?=\d)/, "");
  return `${negative ? "-" : ""}${whole}${places === 0 ? "" : `.${padded.slice(padded.length - places)}`}`;
};

/** The unit a frame names: one of `massUnits`, `custom` for any other (pieces, per cent), `null` when it names none. */
export const unitIn = (text: string): string | null => (text.trim() === "" ? null : (parseMassUnit(text) ?? "custom"));

/** Bytes as characters of the same code. */
export const latin1 = (bytes: Uint8Array): string => {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
};

/** Characters as bytes of the same code (0 to 255), for encoders. */
export const bytesFrom = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(text, (char) => char.charCodeAt(0) & 0xff);
