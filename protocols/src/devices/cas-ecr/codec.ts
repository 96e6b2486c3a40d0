import { maskParity, xor8 } from "../../framing/checksums.ts";
import { formFault } from "../../framing/fixed-form.ts";
import {
  createFrameDecoder,
  type FrameGrammar,
  type FrameVerdict,
  maxDiscardBytes,
} from "../../framing/frame-decoder.ts";
import type { ControlEvent, DeviceCodec, ReadingEvent } from "../device-event.ts";
import type { ReplyEvent, RequestEvent } from "../line-event.ts";
import { latin1 } from "../reading.ts";
import { ecrFrameBytes, ecrMayStand, ecrReading, ecrRemainder } from "./frame.ts";

type Event = ReadingEvent | RequestEvent | ReplyEvent | ControlEvent;

/** STX, eight characters, BCC, ETX: total or unit price after DC2 (Ohaus Aviator p. 36). */
const priceBytes = 11;
const [soh, stx, etx] = [0x01, 0x02, 0x03];

const requests: Readonly<Record<number, string>> = { 5: "enquiry", 17: "weight", 18: "weight-and-prices" };
const answers: Readonly<Record<number, ControlEvent["control"]>> = { 6: "ACK", 21: "NAK" };

/** Manuals disagree on which of SOH and STX are summed: XOR of the payload, or that with 01, 02 or 03. */
const sumFits = (remainder: number): boolean => remainder <= 3;

const isStart = (byte: number): boolean => {
  const plain = byte & 0x7f;
  return plain === soh || plain === stx || plain in requests || plain in answers;
};

const controlAt = (byte: number, raw: Uint8Array, gap: number): FrameVerdict<Event> => {
  const [meaning, control] = [requests[byte], answers[byte]];
  // Behind damage only an answer counts: what looks like a request may be the rest of a frame.
  if (gap > 0 && !(raw[0] === 0x06 || raw[0] === 0x15))
    return { kind: "reject", length: 1, reason: "noise", whole: false };
  if (meaning !== undefined)
    return { kind: "accept", length: 1, event: { event: "request", raw, meaning, detail: null } };
  return { kind: "accept", length: 1, event: { event: "control", raw, control: control ?? "NAK" } };
};

const priceAt = (bytes: Uint8Array, window: Uint8Array): FrameVerdict<Event> => {
  const fault = formFault(
    bytes.subarray(0, priceBytes),
    (byte, at) => {
      if (at === 0) return byte === stx;
      if (at <= 8) return byte === 0x20 || byte === 0x2e || (byte >= 0x30 && byte <= 0x39);
      return at === 9 || byte === etx;
    },
    isStart,
  );
  if (fault !== undefined) return fault;
  if (bytes.length < priceBytes) return { kind: "more" };
  const body = bytes.subarray(1, 9);
  if (!sumFits(xor8(body) ^ (bytes[9] ?? 0))) {
    return { kind: "reject", length: priceBytes, reason: "bad-checksum", whole: true };
  }
  const raw = window.slice(0, priceBytes);
  return {
    kind: "accept",
    length: priceBytes,
    event: { event: "reply", raw, meaning: "price", detail: latin1(body).trim() },
  };
};

/**
 * Which of the sums a scale uses is learned from its first frame and asked of every other: else one wrong bit could pass for
 * another way to sum. Three frames in a row that agree on another one change it (the scale was changed).
 */
const createSumRule = () => {
  let learned: number | null = null;
  let other = { remainder: 0, times: 0 };
  return (remainder: number): boolean => {
    if (!sumFits(remainder)) return false;
    if (learned === null || remainder === learned) {
      learned = remainder;
      other = { remainder, times: 0 };
      return true;
    }
    other = { remainder, times: other.remainder === remainder ? other.times + 1 : 1 };
    if (other.times < 3) return false;
    learned = remainder;
    return true;
  };
};

const createGrammar = (): FrameGrammar<Event> => {
  const isSummed = createSumRule();
  return {
    isStart,
    examine: (window, { gap }) => {
      const bytes = maskParity(window.subarray(0, ecrFrameBytes));
      if (bytes[0] === stx) return priceAt(bytes, window);
      if (bytes[0] !== soh) return controlAt(bytes[0] ?? 0, window.slice(0, 1), gap);
      const fault = formFault(bytes, ecrMayStand, isStart);
      if (fault !== undefined) return fault;
      if (bytes.length < ecrFrameBytes) return { kind: "more" };
      const event = ecrReading(bytes, window.slice(0, ecrFrameBytes));
      if (event === null) return { kind: "reject", length: ecrFrameBytes, reason: "bad-field", whole: true };
      if (!isSummed(ecrRemainder(bytes))) {
        return { kind: "reject", length: ecrFrameBytes, reason: "bad-checksum", whole: true };
      }
      return { kind: "accept", length: ecrFrameBytes, event };
    },
  };
};

/** CAS / Samsung cash register dialogue ("type 6"): ENQ, ACK, DC1, weight. The parity bit is masked (PD-II: 7E1 by switch). */
export const casEcr: DeviceCodec = {
  id: "cas-ecr",
  displayName: { zh: "凯士 CAS / 三星 收银机协议", en: "CAS / Samsung ECR dialogue" },
  deviceClass: "scale",
  maxPendingBytes: ecrFrameBytes + maxDiscardBytes,
  createDecoder: () => createFrameDecoder(createGrammar(), ecrFrameBytes),
};
