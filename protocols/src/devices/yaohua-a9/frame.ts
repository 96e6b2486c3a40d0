import { xor8 } from "../../framing/checksums.ts";
import type { ReadingEvent } from "../device-event.ts";

/**
 * Layout of the Yaohua XK3190 "continuous 1" output (A9, A9+, A23p, DS3, D9): 02, sign, six digits, places, XOR high,
 * XOR low, 03. Sources: XK3190-A9+ manual p. 11; XK3190-A23p manual p. 26; XK3190-DS3 manual p. 8.
 */
export const stx = 0x02;
export const etx = 0x03;
export const frameLength = 12;

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;

/**
 * '0'-'9', 'A'-'F' (37h + nibble, manual), in lower case too, or ':'-'?' (30h + nibble, other firmwares); `undefined` for
 * anything else. No character stands for two values, so reading all three forms weakens the check by nothing.
 */
const nibbleOf = (byte: number): number | undefined => {
  if (byte >= 0x30 && byte <= 0x3f) return byte - 0x30;
  const upper = byte & 0xdf;
  return byte >= 0x41 && upper >= 0x41 && upper <= 0x46 ? upper - 0x37 : undefined;
};

/** True when `byte` (parity masked) may stand at `at`. */
export const mayStandAt = (at: number, byte: number): boolean => {
  if (at === 0) return byte === stx;
  if (at === 1) return byte === 0x2b || byte === 0x2d;
  if (at <= 7) return isDigit(byte);
  if (at === 8) return byte >= 0x30 && byte <= 0x34;
  return at === frameLength - 1 ? byte === etx : nibbleOf(byte) !== undefined;
};

/** XOR over sign, digits and places, sent as two characters, high nibble first. */
export const checksumFits = (frame: Uint8Array): boolean =>
  (((nibbleOf(frame[9] ?? 0) ?? 0) << 4) | (nibbleOf(frame[10] ?? 0) ?? 0)) === xor8(frame.subarray(1, 9));

/**
 * The shown weight of a checked frame. The protocol names neither unit nor gross or net, and has no stability and no
 * overload bit: all of that stays unknown here.
 */
export const readingOf = (frame: Uint8Array, raw: Uint8Array): ReadingEvent => {
  const digits = String.fromCharCode(...frame.subarray(2, 8));
  const places = (frame[8] ?? 0x30) - 0x30;
  const whole = digits.slice(0, 6 - places).replace(/^0+(?=\d)/, "");
  const sign = frame[1] === 0x2d ? "-" : "";
  return {
    event: "reading",
    raw,
    value: places === 0 ? `${sign}${whole}` : `${sign}${whole}.${digits.slice(6 - places)}`,
    unit: null,
    mode: "unknown",
    stable: "unknown",
    tare: null,
    overload: false,
    underload: false,
    increment: null,
    states: [],
  };
};
