import { formFault } from "../../framing/fixed-form.ts";
import { createFrameDecoder, type FrameGrammar, maxDiscardBytes } from "../../framing/frame-decoder.ts";
import type { DeviceCodec, ReadingEvent } from "../device-event.ts";
import { motionOf, numberOf, readingWith } from "../reading.ts";

/** FF, flags, three bytes of packed digits with the lowest pair first, unit. Yousheng 友声 JCS-B manual. */
const frameBytes = 6;
const maxPlaces = 5;

const isPacked = (byte: number): boolean => byte >> 4 <= 9 && (byte & 0x0f) <= 9;

const mayStand = (byte: number, at: number): boolean => {
  if (at === 0) return byte === 0xff;
  if (at === 1) return (byte & 0x07) <= maxPlaces && (byte & 0x18) !== 0x18;
  return at === frameBytes - 1 ? byte <= 1 : isPacked(byte);
};
const isStart = (byte: number): boolean => byte === 0xff;

const readingIn = (bytes: Uint8Array, raw: Uint8Array): ReadingEvent => {
  const [, flags = 0, low = 0, middle = 0, high = 0, unit = 0] = bytes;
  const digits = [high, middle, low].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const [negative, beyond] = [(flags & 0x20) !== 0, (flags & 0x80) !== 0];
  return readingWith(raw, {
    value: beyond ? null : numberOf(digits, flags & 0x07, negative),
    // Bits 3-4: 00 weighing; 01 pieces and 10 per cent are no masses.
    unit: (flags & 0x18) !== 0 ? "custom" : unit === 1 ? "lb" : "kg",
    overload: beyond && !negative,
    underload: beyond && negative,
    ...motionOf((flags & 0x40) === 0),
  });
};

const grammar: FrameGrammar<ReadingEvent> = {
  isStart,
  examine: (window, { ended }) => {
    const bytes = window.subarray(0, frameBytes);
    const fault = formFault(bytes, mayStand, isStart);
    if (fault !== undefined) return fault;
    if (bytes.length < frameBytes) {
      return ended ? { kind: "reject", length: bytes.length, reason: "incomplete", whole: false } : { kind: "more" };
    }
    return { kind: "accept", length: frameBytes, event: readingIn(bytes, window.slice(0, frameBytes)) };
  },
};

/** Yousheng 友声 JCS-B, six bytes, 8N1. No checksum: the form is all there is. Nothing is masked. */
export const jcsB: DeviceCodec = {
  id: "jcs-b",
  displayName: { zh: "友声 JCS-B 六字节连续发送", en: "Yousheng JCS-B, six bytes" },
  deviceClass: "scale",
  maxPendingBytes: frameBytes + maxDiscardBytes,
  createDecoder: () => createFrameDecoder(grammar, frameBytes),
};
