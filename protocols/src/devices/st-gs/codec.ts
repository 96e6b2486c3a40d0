import { createFrameDecoder, maxDiscardBytes } from "../../framing/frame-decoder.ts";
import { decodeText } from "../../framing/text-code.ts";
import { codesOf, createLineGrammar } from "../../framing/text-line.ts";
import type { DeviceCodec, ReadingEvent } from "../device-event.ts";
import type { RequestEvent } from "../line-event.ts";
import { motionOf, numberIn, readingWith, unitIn } from "../reading.ts";

const maxLineBytes = 48;
const soh = 0x01;

/** Id (Dini Argeo), status, mode, weight field, unit; commas and blanks between them differ from maker to maker. */
const line = /^(?:\d{1,4},?)?(ST|US|OL|UL),(GS|NT|TR|G|N)(?=[, +-])[, ]?(.*)$/;
const fields = /^ *([+-]? *(?:\d+\.?\d*|\.\d+)) *,? *([A-Za-z][A-Za-z.]{0,4}|%)? *$/;
const withChinese = /^ *([+-]? *(?:\d+\.?\d*|\.\d+)) *,? *(公斤|千克|市斤|斤|克|两) *$/;
const signOnly = /^[, ]*([+-]?)/;

const modes = { GS: "gross", G: "gross", NT: "net", N: "net", TR: "tare" } as const;

/** What a host asks of Excell and Chinese counting scales. */
const requests: Readonly<Record<string, string>> = {
  RW: "weight",
  RT: "tare-weight",
  RG: "gross-weight",
  RN: "net-weight",
  MZ: "zero",
  MT: "tare",
  CT: "clear-tare",
};

/** The same with a unit in Chinese (GB2312), whose bytes have bit 7 set and are no parity. */
const chineseFields = (text: string, rest: string, raw: Uint8Array): RegExpExecArray | null => {
  const bytes = raw.subarray(text.length - rest.length, text.length);
  return bytes.some((byte) => byte > 0x7f) ? withChinese.exec(decodeText(bytes, "gb18030")) : null;
};

const rangeOf = (status: string, rest: string, mode: ReadingEvent["mode"], raw: Uint8Array): ReadingEvent => {
  const unit = /([A-Za-z][A-Za-z.]{0,4}) *$/.exec(rest)?.[1] ?? "";
  const under = status === "UL" || signOnly.exec(rest)?.[1] === "-";
  return readingWith(raw, { mode, unit: unitIn(unit), overload: !under, underload: under });
};

/** BWS "Con3": SOH, sign, weight 7, unit 2, 0 stable or 1 not. */
const con3 = /^([+-][ \d.]{7})([A-Za-z ]{2})([01])$/;

const con3In = (text: string, raw: Uint8Array): ReadingEvent | "bad-field" => {
  const match = con3.exec(text);
  const value = numberIn(match?.[1] ?? "");
  if (match === null || value === null) return "bad-field";
  return readingWith(raw, { value, unit: unitIn(match[2] ?? ""), ...motionOf(match[3] === "1") });
};

const readLine = (text: string, raw: Uint8Array, clean: boolean): ReadingEvent | RequestEvent | "bad-field" => {
  if (text.charCodeAt(0) === soh) return con3In(text.slice(1), raw);
  const match = line.exec(text);
  if (match === null) {
    const command = text.replace(/^[%#]/, "").trim();
    const meaning = clean && Object.hasOwn(requests, command) ? requests[command] : undefined;
    return meaning === undefined ? "bad-field" : { event: "request", raw, meaning, detail: null };
  }
  const [, status = "", modeCode = "", rest = ""] = match;
  const mode = modes[modeCode as keyof typeof modes];
  // Beyond the range the field may still hold digits: the status wins.
  if (status === "OL" || status === "UL") return rangeOf(status, rest, mode, raw);
  const said = fields.exec(rest) ?? chineseFields(text, rest, raw);
  const value = numberIn(said?.[1] ?? "");
  if (said === null || value === null) return "bad-field";
  return readingWith(raw, { value, unit: unitIn(said[2] ?? ""), mode, ...motionOf(status === "US") });
};

const starts = [soh, ...codesOf("SUO0123456789RMC%#")];

/**
 * The `ST,GS,` family: one grammar, many lengths. Sources: KERN KXS-TM manual p. 70; Dini Argeo indicators (`[id]HH,KK,`,
 * UL); T-Scale NHB and QHW (captured lines); Excell (G, N, `tl.T`, `hkg`). The parity bit is masked.
 */
export const stGs: DeviceCodec = {
  id: "st-gs",
  displayName: {
    zh: "ST,GS 文本格式（衡之宝、英展、台衡等）",
    en: "ST,GS text lines (KERN, Dini Argeo, T-Scale, Excell …)",
  },
  deviceClass: "scale",
  maxPendingBytes: maxLineBytes + 2 + maxDiscardBytes,
  createDecoder: () =>
    createFrameDecoder(
      createLineGrammar({
        maxLineBytes,
        isStart: (byte) => starts.includes(byte),
        wholeLines: false,
        read: (text, raw, { clean }) => readLine(text, raw, clean),
      }),
      maxLineBytes + 2,
    ),
};
