import type { ReadingEvent, ScaleFlag } from "../device-event.ts";

/**
 * Layout of the Mettler-Toledo standard continuous output.
 * Sources: Mettler-Toledo WILDCAT technical manual pp. 6-4/6-5 (frame, status words A, B, C, checksum); KERN FTC manual
 * p. 42; Cardinal 225 manual p. 126 (short form); Fairbanks FB3000 manual p. 55; Triner TS-700 p. 15.
 * Bytes are given without their parity bit.
 */
export const stx = 0x02;
export const cr = 0x0d;
export const lf = 0x0a;

/** STX, three status words, weight (6), tare (6), CR. */
export const standardLength = 17;
/** STX, three status words, weight (6), CR: Cardinal "SHORT". */
export const shortLength = 11;
/** Where the weight begins; it has six characters, as has the tare. */
const weightAt = 4;
const tareAt = 10;
const fieldLength = 6;
const space = 0x20;

/** Status word A bits 0-2: digits after the point; negative = dummy zeros that the field leaves out. WILDCAT p. 6-4. */
const placesByCode = [-2, -1, 0, 1, 2, 3, 4, 5] as const;

/** Status word C bits 0-2. 001, 010: Triner TS-700 p. 15; 100, 101: ounce troy and pennyweight as on IND indicators. */
const unitByCode = [null, "g", "t", "oz", "ozt", "dwt", "short-ton", "custom"] as const;

/** Status word A bits 3-4. 00 is sent by clones that know no increment (T-Scale "Con2"). */
const incrementByCode = [null, 1, 2, 5] as const;

/** LIDEN (LUW2001 manual p. 16) sends bit 5 = 0 and bit 4 always 1: its bits 3-4 are no increment. */
const incrementOf = (statusA: number): 1 | 2 | 5 | null =>
  (statusA & 0x20) === 0 ? null : (incrementByCode[(statusA >> 3) & 0x03] ?? null);

/** Status word A is a printable character: LIDEN and Jaguar set bits 5 and 6 differently, none sends a control character. */
export const mayBeStatusA = (byte: number): boolean => byte >= space;

/** Status word C is printable too; status word B is not checked: Fairbanks leaves bit 5 at 0 (FB3000 p. 55). */
export const mayBeStatusC = (byte: number): boolean => byte >= space;

const outOfRange = (statusB: number): boolean => (statusB & 0x04) !== 0;

/** True when `byte` may stand in the weight or the tare: a digit, a blank, or, out of range, anything printable. */
export const mayBeFieldChar = (byte: number, statusB: number): boolean =>
  (byte >= 0x30 && byte <= 0x39) || byte === space || (outOfRange(statusB) && byte > space);

/** Leading blanks, then digits (WILDCAT p. 6-4: leading zeros are sent as spaces; "8142" and "Kingbird" send zeros). */
export const isNumberField = (field: string): boolean => /^ *\d*$/.test(field);

const fieldText = (frame: Uint8Array, at: number): string =>
  String.fromCharCode(...frame.subarray(at, at + fieldLength));

/** Digits with the point put in, without superfluous leading zeros; `null` when the field is blank. */
const numberText = (field: string, places: number, negative: boolean): string | null => {
  const digits = field.trim();
  if (digits === "") return null;
  const padded = (places < 0 ? digits + "0".repeat(-places) : digits).padStart(Math.max(places, 0) + 1, "0");
  const whole = padded.slice(0, padded.length - Math.max(places, 0)).replace(/^0+(?=\d)/, "");
  const fraction = places > 0 ? `.${padded.slice(padded.length - places)}` : "";
  return `${negative ? "-" : ""}${whole}${fraction}`;
};

const flagsOf = (statusB: number, statusC: number, blank: boolean): ScaleFlag[] => {
  const flags: ScaleFlag[] = [];
  if ((statusB & 0x08) !== 0) flags.push("motion");
  if ((statusB & 0x40) !== 0) flags.push("not-zeroed");
  if ((statusC & 0x08) !== 0) flags.push("print-request");
  if ((statusC & 0x10) !== 0) flags.push("expanded");
  if ((statusC & 0x40) !== 0) flags.push("keyboard-tare");
  if (blank) flags.push("blank");
  return flags;
};

/** True when weight and tare are well-formed. Out of range the weight may hold anything: the status wins. */
export const fieldsAreWellFormed = (frame: Uint8Array, short: boolean): boolean =>
  (outOfRange(frame[2] ?? 0) || isNumberField(fieldText(frame, weightAt))) &&
  (short || isNumberField(fieldText(frame, tareAt)));

/**
 * The reading in a well-formed frame (parity masked). Out of range gives no weight; which side it is, only the sign
 * tells (WILDCAT p. 6-5 has one bit for both).
 */
export const readingOf = (frame: Uint8Array, raw: Uint8Array, short: boolean): ReadingEvent => {
  const statusA = frame[1] ?? 0;
  const statusB = frame[2] ?? 0;
  const statusC = frame[3] ?? 0;
  const places = placesByCode[statusA & 0x07] ?? 0;
  const negative = (statusB & 0x02) !== 0;
  const beyond = outOfRange(statusB);
  const value = beyond ? null : numberText(fieldText(frame, weightAt), places, negative);
  return {
    event: "reading",
    raw,
    value,
    unit: unitByCode[statusC & 0x07] ?? ((statusB & 0x10) !== 0 ? "kg" : "lb"),
    mode: (statusB & 0x01) !== 0 ? "net" : "gross",
    stable: (statusB & 0x08) !== 0 ? "reported-unstable" : "reported-stable",
    tare: short ? null : numberText(fieldText(frame, tareAt), places, false),
    overload: beyond && !negative,
    underload: beyond && negative,
    increment: incrementOf(statusA),
    states: flagsOf(statusB, statusC, !beyond && value === null),
  };
};
