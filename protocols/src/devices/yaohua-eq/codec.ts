import { maskParity } from "../../framing/checksums.ts";
import { formFault, placesOf } from "../../framing/fixed-form.ts";
import { createFrameDecoder, type FrameGrammar, maxDiscardBytes } from "../../framing/frame-decoder.ts";
import type { DeviceCodec, ReadingEvent } from "../device-event.ts";
import { latin1, numberIn, readingWith } from "../reading.ts";

/**
 * `=` and eight characters: sign pad (0 or -) and seven of the weight with its point, in order (format 2) or reversed
 * (format 1, XK3190-A23 "continuous 2"). XK3190-A26 manual pp. 12-13.
 */
const frameBytes = 9;
/** Format 3 adds unit price and amount behind semicolons. */
const maxFrameBytes = 40;
const [equals, semicolon, cr, lf] = [0x3d, 0x3b, 0x0d, 0x0a];

const mayStand = placesOf([/=/, ...Array<RegExp>(8).fill(/[-.\d]/)]);
const isStart = (byte: number): boolean => (byte & 0x7f) === equals;

/** How the characters of the weight are sent. `auto`: told from each frame, which is discarded when it does not tell. */
export type DigitOrder = "auto" | "in-order" | "reversed";

const inOrderForm = /^[0-]\d*(\.\d+)?$/;

/**
 * The weight's text in reading order; `null` when the frame contradicts the order or does not tell it. With a zero at both
 * ends the point decides: no indicator of this family shows four places.
 */
const inReadingOrder = (field: string, order: DigitOrder): string | null => {
  const reversed = Array.from(field).reverse().join("");
  const [straightFits, reversedFits] = [inOrderForm.test(field), inOrderForm.test(reversed)];
  if (order === "in-order") return straightFits ? field : null;
  if (order === "reversed") return reversedFits ? reversed : null;
  if (straightFits !== reversedFits) return straightFits ? field : reversed;
  const point = field.indexOf(".");
  if (!straightFits || point < 0) return null;
  return point >= 4 ? field : reversed;
};

/** Length of the frame at the head of `bytes`; undefined while more may belong to it, -1 when it is none. */
const lengthOf = (bytes: Uint8Array, ended: boolean): number | undefined => {
  for (let at = frameBytes; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === equals || byte === lf) return byte === lf ? at + 1 : at;
    if (byte === cr) {
      if (bytes[at + 1] === undefined && !ended) return undefined;
      return bytes[at + 1] === lf ? at + 2 : at + 1;
    }
    if (at === frameBytes ? byte !== semicolon : byte < 0x20) return -1;
  }
  return ended ? bytes.length : undefined;
};

const createGrammar = (order: DigitOrder): FrameGrammar<ReadingEvent> => ({
  isStart,
  examine: (window, { ended }) => {
    const bytes = maskParity(window.subarray(0, maxFrameBytes));
    const text = latin1(bytes.subarray(1, frameBytes));
    const fault = formFault(bytes.subarray(0, frameBytes), mayStand, isStart);
    if (fault !== undefined) return fault;
    if (bytes.length < frameBytes) {
      return ended ? { kind: "reject", length: bytes.length, reason: "incomplete", whole: false } : { kind: "more" };
    }
    const length = lengthOf(bytes, ended);
    if (length === undefined) {
      if (bytes.length < maxFrameBytes) return { kind: "more" };
      return { kind: "reject", length: maxFrameBytes, reason: "bad-length", whole: false };
    }
    const said = length < 0 ? null : inReadingOrder(text, order);
    const value = said === null ? null : numberIn(said);
    if (value === null) return { kind: "reject", length: frameBytes, reason: "bad-field", whole: false };
    return { kind: "accept", length, event: readingWith(window.slice(0, length), { value }) };
  },
});

/** The codec with a known order of digits. */
export const yaohuaEqOf = (order: DigitOrder): DeviceCodec => ({
  id: "yaohua-eq",
  displayName: { zh: "耀华 XK3190 = 格式（正序或倒序）", en: "Yaohua XK3190 = format, digits in order or reversed" },
  deviceClass: "scale",
  maxPendingBytes: maxFrameBytes + maxDiscardBytes,
  createDecoder: () => createFrameDecoder(createGrammar(order), maxFrameBytes),
});

/**
 * Yaohua `=` formats of the XK3190-A23, A26 and others. Neither unit nor mode nor stability is sent. The parity bit is
 * masked.
 */
export const yaohuaEq: DeviceCodec = yaohuaEqOf("auto");
