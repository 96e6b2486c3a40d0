import { createFrameDecoder, maxDiscardBytes } from "../../framing/frame-decoder.ts";
import { createLineGrammar, type LinePlace } from "../../framing/text-line.ts";
import type { DeviceCodec, ReadingEvent } from "../device-event.ts";
import type { ReplyEvent, RequestEvent } from "../line-event.ts";
import { motionOf, numberIn, readingWith, unitIn } from "../reading.ts";

const maxLineBytes = 48;

/** Polarity, weight, unit, then in any order and spacing the mark for unstable and the legend. */
const line = /^ *([+-]?[ \d.]*\d\.?) +([A-Za-z%][A-Za-z:]{0,4})((?: *(?:\?|GROSS|NET|TARE|G|N|T|B|PT))*) *$/i;

const modes: Readonly<Record<string, ReadingEvent["mode"]>> = {
  G: "gross",
  GROSS: "gross",
  B: "gross",
  N: "net",
  NET: "net",
  T: "tare",
  TARE: "tare",
  PT: "tare",
};

/**
 * Columns up to the last digit in the shortest layout (Defender 3000 EN-35, captured): polarity and seven of the weight.
 * The first line heard may have lost its minus, which stands far left; a shorter one is not believed.
 */
const leastColumns = 8;

const requests: Readonly<Record<string, string>> = {
  P: "weight",
  IP: "weight",
  SP: "stable-weight",
  CP: "weight-repeatedly",
  "0P": "stop",
  Z: "zero",
  T: "tare",
  PV: "version",
};

const commandIn = (text: string, raw: Uint8Array, place: LinePlace): RequestEvent | ReplyEvent | "bad-field" => {
  const said = text.trim();
  if (said === "ES") return { event: "reply", raw, meaning: "unknown-command", detail: null };
  const meaning = Object.hasOwn(requests, said)
    ? requests[said]
    : /^\d+P$/.test(said)
      ? "weight-repeatedly"
      : undefined;
  return meaning === undefined || !place.clean ? "bad-field" : { event: "request", raw, meaning, detail: null };
};

const readLine = (
  text: string,
  raw: Uint8Array,
  place: LinePlace,
): ReadingEvent | RequestEvent | ReplyEvent | "bad-field" => {
  const match = line.exec(text);
  if (match === null) return commandIn(text, raw, place);
  const [, field = "", unit = "", tail = ""] = match;
  const columns = text.indexOf(field) + field.length;
  const value = numberIn(field);
  if (value === null || (!place.afterLine && columns < leastColumns)) return "bad-field";
  const legend = /[A-Z]+/i.exec(tail)?.[0].toUpperCase();
  return readingWith(raw, {
    value,
    unit: unitIn(unit),
    mode: legend === undefined ? "unknown" : (modes[legend] ?? "unknown"),
    ...motionOf(tail.includes("?")),
  });
};

/**
 * Ohaus printed lines. Sources: Defender 3000 manual EN-35, Ranger RC p. 36, Navigator and Scout tables, captured lines
 * (NSerialCommTools). Series put blanks and legends differently: tokens are read, not columns. The parity bit is masked.
 */
export const ohaus: DeviceCodec = {
  id: "ohaus",
  displayName: { zh: "奥豪斯 Ohaus 打印行", en: "Ohaus printed lines" },
  deviceClass: "scale",
  maxPendingBytes: maxLineBytes + 2 + maxDiscardBytes,
  createDecoder: () =>
    createFrameDecoder(
      createLineGrammar({
        maxLineBytes,
        isStart: (byte) => byte >= 0x20 && byte < 0x7f,
        wholeLines: true,
        read: readLine,
      }),
      maxLineBytes + 2,
    ),
};
