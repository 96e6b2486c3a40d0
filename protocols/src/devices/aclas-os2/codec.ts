import { sum8 } from "../../framing/checksums.ts";
import { formFault } from "../../framing/fixed-form.ts";
import {
  createFrameDecoder,
  type FrameGrammar,
  type FrameVerdict,
  maxDiscardBytes,
} from "../../framing/frame-decoder.ts";
import { ecrFrameBytes, ecrMayStand, ecrReading, ecrRemainder } from "../cas-ecr/frame.ts";
import type { ControlEvent, DeviceCodec, ReadingEvent } from "../device-event.ts";
import type { ReplyEvent, RequestEvent } from "../line-event.ts";
import { latin1 } from "../reading.ts";

type Event = ReadingEvent | RequestEvent | ReplyEvent | ControlEvent;

const [soh, boxStart, commandStart] = [0x01, 0xab, 0x3c];
/** AB, id 4, command 2, parameter 2, page, length 2, sum. OS2CX manual p. 21. */
const boxHeadBytes = 13;
const boxMaxDataBytes = 64;
const maxFrameBytes = boxHeadBytes + boxMaxDataBytes + 2;

/** `<`, two letters, `>`, TAB. OS2CX manual p. 20. */
const commands: Readonly<Record<string, string>> = {
  TK: "tare",
  ZK: "zero",
  AL: "switch-protocol",
  PB: "switch-protocol",
  DB: "switch-protocol",
};

/** DigitOpBox commands and replies. OS2CX manual p. 22. */
const boxRequests: Readonly<Record<number, string>> = {
  32768: "set-baud-rate",
  32769: "set-rate",
  32770: "weight",
  32771: "zero",
  32772: "tare",
  32773: "set-tare",
  32774: "change-unit",
};
const boxReplies: Readonly<Record<number, string>> = { 32782: "acknowledged", 32781: "not-executable" };

const controls: Readonly<Record<number, ControlEvent["control"]>> = { 6: "ACK", 21: "NAK" };
const asked: Readonly<Record<number, string>> = { 5: "enquiry", 17: "weight" };

const isStart = (byte: number): boolean =>
  byte === soh || byte === boxStart || byte === commandStart || byte in controls || byte in asked;

const weightAt = (bytes: Uint8Array, window: Uint8Array): FrameVerdict<Event> => {
  const fault = formFault(bytes, ecrMayStand, (byte) => byte === soh);
  if (fault !== undefined) return fault;
  if (bytes.length < ecrFrameBytes) return { kind: "more" };
  // XOR of all twelve bytes before it, SOH and STX included (p. 19): 01 xor 02 = 03.
  if (ecrRemainder(bytes) !== 0x03)
    return { kind: "reject", length: ecrFrameBytes, reason: "bad-checksum", whole: true };
  const event = ecrReading(bytes, window.slice(0, ecrFrameBytes));
  if (event === null) return { kind: "reject", length: ecrFrameBytes, reason: "bad-field", whole: true };
  return { kind: "accept", length: ecrFrameBytes, event };
};

const commandAt = (window: Uint8Array, ended: boolean): FrameVerdict<Event> => {
  const text = latin1(window.subarray(0, 5));
  const wrong = Array.from(text).findIndex((char, at) => !/[<A-Z>\t]/.test(char) || (at === 3) !== (char === ">"));
  if (wrong > 0) return { kind: "reject", length: wrong, reason: "bad-field", whole: true };
  if (text.length < 5)
    return ended ? { kind: "reject", length: text.length, reason: "incomplete", whole: true } : { kind: "more" };
  const meaning = commands[text.slice(1, 3)];
  if (meaning === undefined || !text.endsWith("\t"))
    return { kind: "reject", length: 1, reason: "bad-field", whole: false };
  const raw = window.slice(0, 5);
  return { kind: "accept", length: 5, event: { event: "request", raw, meaning, detail: text.slice(1, 3) } };
};

/** The layout of weight data is not public: such a frame is a reply, never a weight. Its CRC cannot be checked either. */
const boxAt = (window: Uint8Array, ended: boolean): FrameVerdict<Event> => {
  const head = window.subarray(0, boxHeadBytes);
  const tooShort: FrameVerdict<Event> = { kind: "reject", length: window.length, reason: "incomplete", whole: true };
  if (head.length < boxHeadBytes) return ended ? tooShort : { kind: "more" };
  const dataBytes = ((head[10] ?? 0) << 8) | (head[11] ?? 0);
  if (sum8(head.subarray(0, 12)) !== head[12])
    return { kind: "reject", length: 1, reason: "bad-checksum", whole: false };
  if (dataBytes > boxMaxDataBytes) return { kind: "reject", length: boxHeadBytes, reason: "bad-length", whole: true };
  const length = boxHeadBytes + (dataBytes === 0 ? 0 : dataBytes + 2);
  if (window.length < length) return ended ? tooShort : { kind: "more" };
  const command = ((head[5] ?? 0) << 8) | (head[6] ?? 0);
  const raw = window.slice(0, length);
  const detail = command.toString(16).padStart(4, "0");
  const [request, reply] = [boxRequests[command], boxReplies[command]];
  if (request !== undefined && dataBytes === 0) {
    return { kind: "accept", length, event: { event: "request", raw, meaning: request, detail } };
  }
  return { kind: "accept", length, event: { event: "reply", raw, meaning: reply ?? "data", detail } };
};

const grammar: FrameGrammar<Event> = {
  isStart,
  examine: (window, { gap, ended }) => {
    const first = window[0] ?? 0;
    if (first === soh) return weightAt(window.subarray(0, ecrFrameBytes), window);
    if (first === boxStart) return boxAt(window, ended);
    if (first === commandStart) return commandAt(window, ended);
    if (gap > 0 && !(first in controls)) return { kind: "reject", length: 1, reason: "noise", whole: false };
    const raw = window.slice(0, 1);
    const meaning = asked[first];
    if (meaning !== undefined)
      return { kind: "accept", length: 1, event: { event: "request", raw, meaning, detail: null } };
    return { kind: "accept", length: 1, event: { event: "control", raw, control: controls[first] ?? "NAK" } };
  },
};

/** Aclas / Pinnacle 顶尖 OS2, active or asked, and the frames of its DigitOpBox mode. OS2CX manual pp. 19-23. Nothing is masked. */
export const aclasOs2: DeviceCodec = {
  id: "aclas-os2",
  displayName: { zh: "顶尖 Aclas OS2", en: "Aclas / Pinnacle OS2" },
  deviceClass: "scale",
  maxPendingBytes: maxFrameBytes + maxDiscardBytes,
  createDecoder: () => createFrameDecoder(grammar, maxFrameBytes),
};
