import { createFrameDecoder, type FrameGrammar, maxDiscardBytes } from "../../framing/frame-decoder.ts";
import type { DeviceCodec } from "../device-event.ts";
import type { ReplyEvent, RequestEvent, SaleEvent } from "../line-event.ts";
import { latin1 } from "../reading.ts";
import { saleIn } from "./record.ts";

export { type DahuaPlu, dahuaPluIn } from "./record.ts";

type Event = SaleEvent | ReplyEvent | RequestEvent;

const maxLineBytes = 1024;
const [lf, etx] = [0x0a, 0x03];

/** What a host's line asks, by its letter. */
const requests: Readonly<Record<string, string>> = {
  J: "read-sale",
  U: "read-plu",
  V: "write-plu",
  L: "write-hotkeys",
  Z: "write-text",
  X: "write-text",
  T: "write-label",
  R: "write-label",
  O: "write-parameters",
  P: "set-clock",
  M: "identify",
  m: "identify",
  H: "erase",
  I: "erase",
};

const replyOf = (text: string, raw: Uint8Array): Event | null => {
  const empty = /^0j(\d{4})ac$/.exec(text)?.[1];
  if (empty !== undefined) return { event: "reply", raw, meaning: "no-data", detail: empty };
  const sale = /^0j(\d{4})a(\d{56,57})bc$/.exec(text);
  if (sale !== null) return saleIn(sale[1] ?? "", sale[2] ?? "", raw);
  if (text.startsWith("0j")) return null;
  if (text.startsWith("0u")) return { event: "reply", raw, meaning: "plu", detail: text.slice(2) };
  if (text.startsWith("0m")) return { event: "reply", raw, meaning: "identity", detail: text.slice(2) };
  if (/^0[a-z]/.test(text)) return { event: "reply", raw, meaning: "acknowledged", detail: text.slice(1) };
  return null;
};

const lineIn = (text: string, raw: Uint8Array): Event | null => {
  if (text.startsWith("0")) return replyOf(text, raw);
  if (text.startsWith("#0")) return { event: "request", raw, meaning: "keep-alive", detail: text.slice(2) || null };
  const meaning = text.startsWith("!0") ? requests[text.charAt(2)] : undefined;
  return meaning === undefined ? null : { event: "request", raw, meaning, detail: text.slice(3) || null };
};

/** Length of the line at the head: CR LF, and ETX behind a reply. Undefined while bytes are missing. */
const lengthOf = (bytes: Uint8Array, ended: boolean): number | undefined => {
  const end = bytes.indexOf(lf);
  if (end < 0) return undefined;
  const next = bytes[end + 1];
  if (bytes[0] === 0x30 && next === undefined && !ended) return undefined;
  return next === etx ? end + 2 : end + 1;
};

const grammar: FrameGrammar<Event> = {
  isStart: (byte) => byte === 0x30 || byte === 0x21 || byte === 0x23,
  examine: (window, { ended }) => {
    const bytes = window.subarray(0, maxLineBytes);
    const broken = bytes.findIndex(
      (byte) => byte === lf || byte < 0x0a || (byte > 0x0a && byte < 0x20 && byte !== 0x0d),
    );
    if (broken >= 0 && bytes[broken] !== lf) {
      return { kind: "reject", length: Math.max(1, broken), reason: "bad-field", whole: true };
    }
    const length = lengthOf(bytes, ended);
    if (length === undefined) {
      if (bytes.length < maxLineBytes && !ended) return { kind: "more" };
      // A record ends with its own mark: without a line end it is whole as well.
      const unended = /^0j\d{4}a(\d+b)?c$/.test(latin1(bytes)) ? replyOf(latin1(bytes), window.slice()) : null;
      if (unended !== null) return { kind: "accept", length: bytes.length, event: unended };
      const reason = bytes.length < maxLineBytes ? "incomplete" : "bad-length";
      return { kind: "reject", length: bytes.length, reason, whole: true };
    }
    const raw = window.slice(0, length);
    const event = lineIn(latin1(raw).replace(/\r?\n.?$/s, ""), raw);
    if (event !== null) return { kind: "accept", length, event };
    return { kind: "reject", length, reason: "bad-field", whole: true };
  },
};

/**
 * Dahua 大华 TM label scales, text lines over TCP 4001 or a serial port. Sources: Spanish translation of the TM series
 * server protocol; comments of `dahua.js`; `DahuaTmProtocol.cs`. Nothing is masked.
 */
export const dahuaTm: DeviceCodec = {
  id: "dahua-tm",
  displayName: { zh: "大华 TM 条码秤", en: "Dahua TM label scale" },
  deviceClass: "scale",
  maxPendingBytes: maxLineBytes + maxDiscardBytes,
  createDecoder: () => createFrameDecoder(grammar, maxLineBytes),
};
