import { xor8 } from "../../framing/checksums.ts";
import { type MayStand, placesOf } from "../../framing/fixed-form.ts";
import type { ReadingEvent } from "../device-event.ts";
import { latin1, motionOf, numberIn, readingWith, unitIn } from "../reading.ts";

/**
 * SOH, STX, state, sign, weight 6, unit 2, BCC, ETX, EOT: "type 6" of CAS, Samsung ER-670, Ohaus Aviator, Aclas OS2.
 * Sources: CAS PD-II manual p. 23, SW-II p. 15; Ohaus Aviator p. 36; Gram ZFOC p. 42; Pinnacle OS2CX pp. 19-20.
 */
export const ecrFrameBytes = 15;
const payloadFrom = 2;
const checkAt = 12;

const printable = placesOf([
  null,
  null,
  /[SUF]/,
  /[ +\-F]/,
  ...Array<RegExp>(6).fill(/[ \-.\dF]/),
  /[A-Za-z ]/,
  /[A-Za-z ]/,
  null,
]);
const controls: Readonly<Record<number, number>> = { 0: 0x01, 1: 0x02, 13: 0x03, 14: 0x04 };

/** What may stand at each place; BCC may be any byte, and is taken by its place. */
export const ecrMayStand: MayStand = (byte, at) => {
  const control = controls[at];
  return control === undefined ? printable(byte, at) : byte === control;
};

/** XOR over state to unit, against the BCC sent: 0 when the frame was summed that way. */
export const ecrRemainder = (frame: Uint8Array): number =>
  xor8(frame.subarray(payloadFrom, checkAt)) ^ (frame[checkAt] ?? 0);

/** The reading in a checked frame (parity masked); `null` when its fields make no sense. F is "abnormal", or over range as sign. */
export const ecrReading = (frame: Uint8Array, raw: Uint8Array): ReadingEvent | null => {
  const text = latin1(frame);
  const [state, sign, field] = [text.charAt(2), text.charAt(3), text.slice(4, 10)];
  const unit = unitIn(text.slice(10, 12));
  if (sign === "F" || /^F+$/.test(field)) return readingWith(raw, { unit, overload: true });
  if (state === "F") return readingWith(raw, { unit, states: ["fault"] });
  const value = numberIn(`${sign === "-" ? "-" : ""}${field}`);
  return value === null ? null : readingWith(raw, { value, unit, ...motionOf(state === "U") });
};
