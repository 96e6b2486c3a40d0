import type { DiscardedEvent, DiscardReason } from "../../framing/discarded-event.ts";
import { expandEvents } from "../../framing/expand-events.ts";
import { createFrameDecoder, maxDiscardBytes } from "../../framing/frame-decoder.ts";
import { createLineGrammar } from "../../framing/text-line.ts";
import type { DeviceCodec, ReadingEvent } from "../device-event.ts";
import type { RequestEvent, SaleEvent } from "../line-event.ts";
import { motionOf, numberOf, readingWith } from "../reading.ts";
import { saleWith } from "../sale-with.ts";

const maxLineBytes = 24;

/** Reply: 99, status, weight 5 (g), one digit in some, amount 6, check. Host: 98, price 5, check. sbzsystems notes. */
const reply = /^99(.)([ \d-]{5})\d?(\d{6})([\d:-?A-F])$/;
const request = /^98(\d{5})([\d:-?A-F])$/;

/**
 * XOR of the values of all digits before the check. Above 9 it is no digit, and no source says how it is sent then: the
 * sign 30h + value, a hexadecimal letter and the last decimal digit are taken.
 */
const checkFits = (text: string): boolean => {
  let xor = 0;
  for (const char of text.slice(0, -1)) xor ^= char.charCodeAt(0) & 0x0f;
  const sent = text.at(-1) ?? "";
  return (
    sent === String.fromCharCode(0x30 + xor) ||
    (xor > 9 && (sent === xor.toString(16).toUpperCase() || sent === `${xor % 10}`))
  );
};

type DibalEvent = ReadingEvent | SaleEvent | RequestEvent | DiscardedEvent;

interface DibalReply {
  readonly event: "dibal";
  readonly reading: ReadingEvent;
  readonly amountFen: number;
}

const replyOf = (match: RegExpExecArray, raw: Uint8Array): DibalReply => {
  const [, status = "", field = "", amount = ""] = match;
  const amountFen = Number(amount);
  // Not stable: the weight is blank. Negative: shown with a minus, no weight. Any status but 0: no weight.
  if (field.trim() === "")
    return { event: "dibal", amountFen, reading: readingWith(raw, { unit: "g", ...motionOf(true) }) };
  if (field.includes("-"))
    return { event: "dibal", amountFen, reading: readingWith(raw, { unit: "g", underload: true }) };
  const value = status === "0" && /^\d{5}$/.test(field) ? numberOf(field, 0) : null;
  const stable = value === null ? "unknown" : "reported-stable";
  return { event: "dibal", amountFen, reading: readingWith(raw, { value, unit: "g", stable }) };
};

const readLine = (text: string, raw: Uint8Array, clean: boolean): DibalReply | RequestEvent | DiscardReason => {
  const asked = request.exec(text);
  if (asked !== null) {
    if (!checkFits(text)) return "bad-checksum";
    return clean ? { event: "request", raw, meaning: "weigh", detail: asked[1] ?? null } : "bad-field";
  }
  const match = reply.exec(text);
  if (match === null) return "bad-field";
  return checkFits(text) ? replyOf(match, raw) : "bad-checksum";
};

/** A reply with an amount is also a sale; its unit price was in the host's request. */
const saleOf = ({ reading, amountFen }: DibalReply): SaleEvent[] =>
  amountFen === 0 || reading.value === null
    ? []
    : [saleWith(new Uint8Array(0), { soldBy: "weight", weight: reading.value, unit: "g", amountFen }, 1)];

/** Dibal's own checkout protocol, 9600 8N1. Nothing is masked: IBM variants use 81h and 82h. */
export const dibal: DeviceCodec = {
  id: "dibal",
  displayName: { zh: "Dibal 收银秤协议", en: "Dibal checkout protocol" },
  deviceClass: "scale",
  maxPendingBytes: maxLineBytes + 2 + maxDiscardBytes,
  createDecoder: () =>
    expandEvents(
      createFrameDecoder(
        createLineGrammar<DibalReply | RequestEvent>({
          maxLineBytes,
          isStart: (byte) => byte === 0x39,
          eightBit: true,
          wholeLines: false,
          provesItself: true,
          read: (text, raw, { clean }) => readLine(text, raw, clean),
        }),
        maxLineBytes + 2,
      ),
      (frame): readonly DibalEvent[] => (frame.event === "dibal" ? [frame.reading, ...saleOf(frame)] : [frame]),
    ),
};
