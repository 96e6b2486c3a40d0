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
import { latin1, numberOf, readingWith } from "../reading.ts";

type Event = ReadingEvent | RequestEvent | ReplyEvent | ControlEvent;

/** STX, id, five digits, BCC, ETX. CAS PD-II manual p. 19; Ohaus Aviator 5000 p. 37; DIVA p. 54. */
const frameBytes = 9;
const [stx, etx] = [0x02, 0x03];

/** Id bits 0-2: capacity and step. */
const scales: Readonly<
  Record<number, { readonly unit: string; readonly places: number; readonly increment: 1 | 2 | 5 }>
> = {
  1: { unit: "kg", places: 3, increment: 5 },
  2: { unit: "lb", places: 2, increment: 1 },
  3: { unit: "kg", places: 3, increment: 2 },
};

const asked: Readonly<Record<number, string>> = { 5: "enquiry", 13: "confirm", 17: "weight", 18: "weight" };
const controls: Readonly<Record<number, ControlEvent["control"]>> = { 6: "ACK", 21: "NAK" };
const cancel = 0x18;
const commands: Readonly<Record<number, string>> = { 90: "zero", 78: "tare" };

const isStart = (byte: number): boolean => {
  const plain = byte & 0x7f;
  return plain === stx || plain in asked || plain in controls || plain === cancel;
};

/** Bits 3 and 5 of the id are always set. */
const mayStand = (byte: number, at: number): boolean => {
  if (at === 0) return byte === stx;
  if (at === 1) return (byte & 0x28) === 0x28 && (byte & 0x07) in scales;
  if (at <= 6) return byte >= 0x30 && byte <= 0x39;
  return at === 7 || byte === etx;
};

const readingOf = (bytes: Uint8Array, raw: Uint8Array): ReadingEvent => {
  const id = bytes[1] ?? 0;
  const scale = scales[id & 0x07];
  // One bit says under or over, nothing says which: no weight, taken as over.
  const beyond = (id & 0x10) !== 0;
  const value = beyond || scale === undefined ? null : numberOf(latin1(bytes.subarray(2, 7)), scale.places);
  const unit = scale?.unit ?? null;
  const stable = beyond ? "unknown" : "reported-stable";
  return readingWith(raw, { value, unit, stable, overload: beyond, increment: scale?.increment ?? null });
};

/** A host's zero (`Z`) or tare (`N`): five NUL, ETX, BCC. */
const commandAt = (bytes: Uint8Array, window: Uint8Array): FrameVerdict<Event> | undefined => {
  const meaning = commands[bytes[1] ?? 0];
  if (meaning === undefined) return undefined;
  const wrong = bytes.findIndex((byte, at) => (at >= 2 && at <= 6 && byte !== 0) || (at === 7 && byte !== etx));
  if (wrong >= 0) return { kind: "reject", length: wrong, reason: "bad-field", whole: true };
  if (bytes.length < frameBytes) return { kind: "more" };
  const raw = window.slice(0, frameBytes);
  return { kind: "accept", length: frameBytes, event: { event: "request", raw, meaning, detail: null } };
};

const controlAt = (byte: number, raw: Uint8Array, gap: number): FrameVerdict<Event> => {
  // Behind damage only an answer counts: what looks like a request may be the rest of a frame.
  if (gap > 0 && !(raw[0] === 0x06 || raw[0] === 0x15))
    return { kind: "reject", length: 1, reason: "noise", whole: false };
  const meaning = asked[byte];
  if (meaning !== undefined)
    return { kind: "accept", length: 1, event: { event: "request", raw, meaning, detail: null } };
  if (byte === cancel)
    return { kind: "accept", length: 1, event: { event: "reply", raw, meaning: "repeat-weighing", detail: null } };
  return { kind: "accept", length: 1, event: { event: "control", raw, control: controls[byte] ?? "NAK" } };
};

const grammar: FrameGrammar<Event> = {
  isStart,
  examine: (window, { gap }) => {
    const bytes = maskParity(window.subarray(0, frameBytes));
    if (bytes[0] !== stx) return controlAt(bytes[0] ?? 0, window.slice(0, 1), gap);
    const command = commandAt(bytes, window);
    if (command !== undefined) return command;
    const fault = formFault(bytes, mayStand, isStart);
    if (fault !== undefined) return fault;
    if (bytes.length < frameBytes) return { kind: "more" };
    if (xor8(bytes.subarray(1, 7)) !== bytes[7]) {
      return { kind: "reject", length: frameBytes, reason: "bad-checksum", whole: true };
    }
    return { kind: "accept", length: frameBytes, event: readingOf(bytes, window.slice(0, frameBytes)) };
  },
};

/** Berkel cash register dialogue (CAS "type 0/1"): ENQ, ACK, DC1, weight, CR. The parity bit is masked (7E1). */
export const berkelEcr: DeviceCodec = {
  id: "berkel-ecr",
  displayName: { zh: "Berkel 收银机协议", en: "Berkel ECR dialogue" },
  deviceClass: "scale",
  maxPendingBytes: frameBytes + maxDiscardBytes,
  createDecoder: () => createFrameDecoder(grammar, frameBytes),
};
