import { maskParity } from "../../framing/checksums.ts";
import { formFault, placesOf } from "../../framing/fixed-form.ts";
import { createFrameDecoder, type FrameGrammar, maxDiscardBytes } from "../../framing/frame-decoder.ts";
import type { DeviceCodec, ReadingEvent } from "../device-event.ts";
import { latin1, numberIn, readingWith, unitIn } from "../reading.ts";

/** `ww`, `wn` or `wt`, seven characters with sign and point, unit 2; a line end may follow. XK3190-A12(E) manual p. 13. */
const frameBytes = 11;
const maxFrameBytes = frameBytes + 2;

const mayStand = placesOf([/w/, /[wnt]/, ...Array<RegExp>(7).fill(/[ +\-.\d]/), /[A-Za-z ]/, /[A-Za-z ]/]);
const isStart = (byte: number): boolean => (byte & 0x7f) === 0x77;
const modes = { w: "gross", n: "net", t: "tare" } as const;

const readingIn = (text: string, raw: Uint8Array): ReadingEvent | null => {
  const value = numberIn(text.slice(2, 9));
  const unit = unitIn(text.slice(9, 11));
  if (value === null || unit === null) return null;
  return readingWith(raw, { value, unit, mode: modes[text.charAt(1) as keyof typeof modes] });
};

/** Bytes of the line end after a frame; undefined while a byte may still follow. */
const endBytes = (bytes: Uint8Array, ended: boolean): number | undefined => {
  const [next, last] = [bytes[frameBytes], bytes[frameBytes + 1]];
  if (next === undefined) return ended ? 0 : undefined;
  if (next === 0x0a) return 1;
  if (next !== 0x0d) return 0;
  if (last === undefined) return ended ? 1 : undefined;
  return last === 0x0a ? 2 : 1;
};

const grammar: FrameGrammar<ReadingEvent> = {
  isStart,
  examine: (window, { ended }) => {
    const bytes = maskParity(window.subarray(0, maxFrameBytes));
    const text = latin1(bytes.subarray(0, frameBytes));
    const fault = formFault(bytes.subarray(0, frameBytes), mayStand, isStart);
    if (fault !== undefined) return fault;
    if (bytes.length < frameBytes) {
      return ended ? { kind: "reject", length: bytes.length, reason: "incomplete", whole: false } : { kind: "more" };
    }
    const end = endBytes(bytes, ended);
    if (end === undefined) return { kind: "more" };
    const length = frameBytes + end;
    // A digit or letter directly behind means that the frame is not aligned.
    const behind = bytes[length];
    const misaligned = end === 0 && behind !== undefined && behind !== 0x77 && behind > 0x20;
    const event = misaligned ? null : readingIn(text, window.slice(0, length));
    if (event === null) return { kind: "reject", length: frameBytes, reason: "bad-field", whole: false };
    return { kind: "accept", length, event };
  },
};

/** Yaohua XK3190-A12 `ww` format. No checksum, no stability, no overload. The parity bit is masked. */
export const yaohuaWw: DeviceCodec = {
  id: "yaohua-ww",
  displayName: { zh: "耀华 XK3190-A12 ww 格式", en: "Yaohua XK3190-A12 ww format" },
  deviceClass: "scale",
  maxPendingBytes: maxFrameBytes + maxDiscardBytes,
  createDecoder: () => createFrameDecoder(grammar, maxFrameBytes),
};
