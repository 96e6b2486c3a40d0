import { maskParity, xor8 } from "../../framing/checksums.ts";
import { formFault, placesOf } from "../../framing/fixed-form.ts";
import { createFrameDecoder, type FrameGrammar, maxDiscardBytes } from "../../framing/frame-decoder.ts";
import type { DeviceCodec, ReadingEvent } from "../device-event.ts";
import { latin1, numberIn, readingWith, unitIn } from "../reading.ts";

/** W, G or N, weight 7, unit 2, XOR 2, CR LF. XK3190-A12(E) manual p. 13. Logs of terminals keep only LF. */
const frameBytes = 15;
const lf = 0x0a;
const checkedBytes = 11;

/** What may stand at each place: a frame begins with W, or out of range with nine blanks. */
const mayStand = placesOf([
  /[W ]/,
  /[GN ]/,
  ...Array<RegExp>(7).fill(/[ \-.\d]/),
  /[A-Za-z ]/,
  /[A-Za-z ]/,
  /[\dA-Fa-f]/,
  /[\dA-Fa-f]/,
  /[\r\n]/,
  /\n/,
]);
const isStart = (byte: number): boolean => byte === 0x57;

const readingIn = (text: string, raw: Uint8Array): ReadingEvent | null => {
  // OL and LO have the same XOR: only the letters tell over (beyond Max + 9e) from under (below -20d).
  const range = /^ {9}(OL|LO)/.exec(text)?.[1];
  if (range !== undefined) return readingWith(raw, { overload: range === "OL", underload: range === "LO" });
  const match = /^W([GN])([ \-.\d]{7})([A-Za-z]{2}|[A-Za-z] | [A-Za-z])/.exec(text);
  const value = numberIn(match?.[2] ?? "");
  if (match === null || value === null) return null;
  return readingWith(raw, { value, unit: unitIn(match[3] ?? ""), mode: match[1] === "G" ? "gross" : "net" });
};

const grammar: FrameGrammar<ReadingEvent> = {
  isStart: (byte) => (byte & 0x7f) === 0x57 || (byte & 0x7f) === 0x20,
  examine: (window, { ended }) => {
    const head = maskParity(window.subarray(0, frameBytes));
    const bytes = head[frameBytes - 2] === lf ? head.subarray(0, frameBytes - 1) : head;
    const text = latin1(bytes);
    const fault = formFault(bytes, mayStand, isStart);
    if (fault !== undefined) return fault;
    const isWhole = bytes.length === frameBytes || bytes[frameBytes - 2] === lf;
    if (!isWhole) {
      return ended ? { kind: "reject", length: bytes.length, reason: "incomplete", whole: false } : { kind: "more" };
    }
    if (Number.parseInt(text.slice(checkedBytes, checkedBytes + 2), 16) !== xor8(bytes.subarray(0, checkedBytes))) {
      return { kind: "reject", length: bytes.length, reason: "bad-checksum", whole: text.startsWith("W") };
    }
    const event = readingIn(text, window.slice(0, bytes.length));
    if (event === null) return { kind: "reject", length: bytes.length, reason: "bad-field", whole: false };
    return { kind: "accept", length: bytes.length, event };
  },
};

/** Yaohua XK3190-A12(E), 15 bytes with checksum. Stability is not sent. The parity bit is masked. */
export const yaohuaA12e: DeviceCodec = {
  id: "yaohua-a12e",
  displayName: { zh: "耀华 XK3190-A12(E) 带校验连续发送", en: "Yaohua XK3190-A12(E) with checksum" },
  deviceClass: "scale",
  maxPendingBytes: frameBytes + maxDiscardBytes,
  createDecoder: () => createFrameDecoder(grammar, frameBytes),
};
