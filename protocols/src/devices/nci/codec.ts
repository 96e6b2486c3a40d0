import { maskParity } from "../../framing/checksums.ts";
import { createFrameDecoder, type FrameGrammar, maxDiscardBytes } from "../../framing/frame-decoder.ts";
import type { DeviceCodec, ReadingEvent } from "../device-event.ts";
import type { ReplyEvent, RequestEvent } from "../line-event.ts";
import { latin1 } from "../reading.ts";
import { messageIn } from "./frame.ts";
import { smaMessage } from "./sma.ts";

const maxFrameBytes = 40;
const [etx, lf, cr] = [0x03, 0x0a, 0x0d];

/** One letter and CR. Avery Weigh-Tronix 7821 p. 25. */
const requests: Readonly<Record<string, string>> = {
  W: "weight",
  S: "status",
  Z: "zero",
  H: "weight-expanded",
  U: "change-unit",
};

const isRequestLetter = (byte: number): boolean => Object.hasOwn(requests, String.fromCharCode(byte));

const grammar: FrameGrammar<ReadingEvent | ReplyEvent | RequestEvent> = {
  isStart: (byte) => (byte & 0x7f) === lf || isRequestLetter(byte & 0x7f),
  examine: (window, { gap, ended }) => {
    const bytes = maskParity(window.subarray(0, maxFrameBytes));
    if (bytes[0] !== lf) {
      if (bytes.length === 1 && !ended) return { kind: "more" };
      if (gap > 0 || bytes[1] !== cr) return { kind: "reject", length: 1, reason: "noise", whole: false };
      const meaning = requests[String.fromCharCode(bytes[0] ?? 0)] ?? "";
      return { kind: "accept", length: 2, event: { event: "request", raw: window.slice(0, 2), meaning, detail: null } };
    }
    const sma = smaMessage(bytes, window, gap === 0);
    if (sma !== null) return { kind: "accept", ...sma };
    const end = bytes.indexOf(etx);
    const body = bytes.subarray(1, end < 0 ? bytes.length : end);
    const wrong = body.findIndex((byte) => byte < 0x20 && byte !== cr && byte !== lf);
    if (wrong >= 0) return { kind: "reject", length: wrong + 1, reason: "bad-field", whole: false };
    if (end < 0) {
      if (bytes.length < maxFrameBytes && !ended) return { kind: "more" };
      const reason = bytes.length < maxFrameBytes ? "incomplete" : "bad-length";
      return { kind: "reject", length: bytes.length, reason, whole: false };
    }
    const event = messageIn(latin1(bytes.subarray(0, end)), window.slice(0, end + 1));
    if (event === null) return { kind: "reject", length: end + 1, reason: "bad-field", whole: false };
    return { kind: "accept", length: end + 1, event };
  },
};

/** NCI / SCP-01 / Avery Weigh-Tronix request and answer, and the later form of the SMA. The parity bit is masked. */
export const nci: DeviceCodec = {
  id: "nci",
  displayName: { zh: "NCI / SCP-01（艾威 Weigh-Tronix）问答", en: "NCI / SCP-01 (Avery Weigh-Tronix)" },
  deviceClass: "scale",
  maxPendingBytes: maxFrameBytes + maxDiscardBytes,
  createDecoder: () => createFrameDecoder(grammar, maxFrameBytes),
};
