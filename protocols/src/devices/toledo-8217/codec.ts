import { maskParity } from "../../framing/checksums.ts";
import { createFrameDecoder, type FrameGrammar, maxDiscardBytes } from "../../framing/frame-decoder.ts";
import type { DeviceCodec, ReadingEvent, ScaleFlag } from "../device-event.ts";
import type { ReplyEvent, RequestEvent } from "../line-event.ts";
import { latin1, numberIn, readingWith } from "../reading.ts";

const maxFrameBytes = 12;
const [stx, cr] = [0x02, 0x0d];

/** Single letters without an end; `T` may carry five digits. DIVA service manual pp. 45-51. */
const requests: Readonly<Record<string, string>> = {
  W: "weight",
  Z: "zero",
  T: "tare",
  C: "clear-tare",
  A: "confidence-test",
  B: "confidence-test-result",
  H: "weight-expanded",
  E: "echo-on",
  F: "echo-off",
};

/** WW.WWW (kg), WW.WW or 0WW.WW (lb), XXX.XX (8213), 0XXXXX (8213, grams); N for net. */
const weight = /^(\d{1,3}\.\d{2,3}|\d{5,6})([N ]?)$/;

const statusOf = (status: number, raw: Uint8Array): ReadingEvent => {
  const moving = (status & 0x01) !== 0;
  const states: ScaleFlag[] = [
    ...(moving ? (["motion"] as const) : []),
    ...((status & 0x10) !== 0 ? (["zero-centre"] as const) : []),
  ];
  return readingWith(raw, {
    mode: (status & 0x20) !== 0 ? "net" : "gross",
    stable: moving ? "reported-unstable" : "reported-stable",
    overload: (status & 0x02) !== 0,
    underload: (status & 0x04) !== 0,
    states,
  });
};

/** What stands between STX and CR. */
const frameIn = (text: string, raw: Uint8Array): ReadingEvent | ReplyEvent | null => {
  if (text === "") return { event: "reply", raw, meaning: "confidence-test-started", detail: null };
  if (text === "?\0") return { event: "reply", raw, meaning: "already-read", detail: null };
  // A status in the weight's place is "no weight", not an error; bit 6 is always 1.
  const status = /^\?([\x40-\x7f])$/.exec(text)?.[1];
  if (status !== undefined) return statusOf(status.charCodeAt(0), raw);
  const match = weight.exec(text);
  if (match === null) return null;
  const mode = match[2] === "N" ? "net" : "gross";
  return readingWith(raw, { value: numberIn(match[1] ?? ""), mode, stable: "reported-stable" });
};

type Event = ReadingEvent | ReplyEvent | RequestEvent;

const requestAt = (bytes: Uint8Array, window: Uint8Array, ended: boolean): Event | undefined | null => {
  const letter = String.fromCharCode(bytes[0] ?? 0);
  const meaning = requests[letter];
  if (meaning === undefined) return null;
  if (letter !== "T") return { event: "request", raw: window.slice(0, 1), meaning, detail: null };
  const digits = /^\d{0,5}/.exec(latin1(bytes.subarray(1, 6)))?.[0] ?? "";
  if (digits.length === bytes.length - 1 && digits.length < 5 && !ended) return undefined;
  if (digits.length !== 0 && digits.length !== 5) return null;
  const raw = window.slice(0, 1 + digits.length);
  return {
    event: "request",
    raw,
    meaning: digits === "" ? meaning : "set-tare",
    detail: digits === "" ? null : digits,
  };
};

const grammar: FrameGrammar<Event> = {
  isStart: (byte) => (byte & 0x7f) === stx || Object.hasOwn(requests, String.fromCharCode(byte & 0x7f)),
  examine: (window, { gap, ended }) => {
    const bytes = maskParity(window.subarray(0, maxFrameBytes));
    if (bytes[0] !== stx) {
      const request = gap > 0 ? null : requestAt(bytes, window, ended);
      if (request === undefined) return { kind: "more" };
      if (request === null) return { kind: "reject", length: 1, reason: "noise", whole: false };
      return { kind: "accept", length: request.raw.length, event: request };
    }
    const end = bytes.indexOf(cr);
    const text = latin1(bytes.subarray(0, end < 0 ? bytes.length : end + 1));
    const wrong = Array.from(text).findIndex((char, at) => at > 0 && !/[\d.? N\0\r\x40-\x7f]/.test(char));
    if (wrong >= 0) return { kind: "reject", length: wrong, reason: wrong === 0 ? "noise" : "bad-field", whole: false };
    if (end < 0) {
      if (bytes.length < maxFrameBytes && !ended) return { kind: "more" };
      const reason = bytes.length < maxFrameBytes ? "incomplete" : "bad-length";
      return { kind: "reject", length: bytes.length, reason, whole: false };
    }
    const event = frameIn(text.slice(1, -1), window.slice(0, end + 1));
    if (event === null) return { kind: "reject", length: end + 1, reason: "bad-field", whole: false };
    return { kind: "accept", length: end + 1, event };
  },
};

/**
 * Toledo 8217 and 8213, request `W`. Sources: Mettler-Toledo DIVA service manual pp. 45-51; Salter Brecknell 3700LP p. 11;
 * Brecknell 67xx p. 71. The frame names no unit. The parity bit is masked.
 */
export const toledo8217: DeviceCodec = {
  id: "toledo-8217",
  displayName: { zh: "托利多 8217/8213 问答", en: "Toledo 8217/8213" },
  deviceClass: "scale",
  maxPendingBytes: maxFrameBytes + maxDiscardBytes,
  createDecoder: () => createFrameDecoder(grammar, maxFrameBytes),
};
