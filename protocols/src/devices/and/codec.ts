import { createFrameDecoder, maxDiscardBytes } from "../../framing/frame-decoder.ts";
import { codesOf, createLineGrammar } from "../../framing/text-line.ts";
import type { DeviceCodec, ReadingEvent } from "../device-event.ts";
import type { RequestEvent } from "../line-event.ts";
import { motionOf, numberIn, readingWith, unitIn } from "../reading.ts";

const maxLineBytes = 40;

/** Header, comparator header (GC series), sign and eight digits, unit in three characters (EK-L p. 30, GC p. 51). */
const line = /^(ST|QT|US),(?:(?:LO|OK|HI|--),)?([+-])( *[\d.,]+)([ A-Za-z%:]{0,5})$/;
const beyond = /^OL,(?:(?:LO|OK|HI|--),)?([+-]) *[\d.,E+]*([ A-Za-z%:]{0,5})$/;

/** `t` is the tola, not the tonne, and `GN` the grain (EK-L p. 30); pieces and per cent are no masses. */
const units: Readonly<Record<string, string>> = { t: "custom", GN: "gr", tl: "custom", TL: "custom" };

/** Q, SI now; S when stable; SIR again and again; C stops (EJ-120 p. 26). */
const requests: Readonly<Record<string, string>> = {
  Q: "weight",
  SI: "weight",
  S: "stable-weight",
  SIR: "weight-repeatedly",
  C: "stop",
  R: "zero",
  Z: "zero",
  T: "tare",
  P: "display-power",
};

const unitOf = (text: string): string | null => {
  const said = text.trim();
  return Object.hasOwn(units, said) ? (units[said] ?? null) : unitIn(said);
};

/** One comma between digits is a decimal comma (some models and settings); more, or a comma and a point, are no number. */
const weightIn = (field: string): string | null =>
  numberIn(/^[+-] *\d+,\d+$/.test(field) ? field.replace(",", ".") : field);

const readLine = (text: string, raw: Uint8Array, clean: boolean): ReadingEvent | RequestEvent | "bad-field" => {
  // OL carries nines that look like a weight; its sign tells which side (EK-L p. 30).
  const [range, side, unitBeyond = ""] = beyond.exec(text) ?? [];
  if (range !== undefined) {
    return readingWith(raw, { unit: unitOf(unitBeyond), overload: side === "+", underload: side === "-" });
  }
  const match = line.exec(text);
  if (match === null) {
    const command = text.trim();
    const meaning = clean && Object.hasOwn(requests, command) ? requests[command] : undefined;
    return meaning === undefined ? "bad-field" : { event: "request", raw, meaning, detail: null };
  }
  const [, header = "", sign = "", digits = "", unit = ""] = match;
  const value = weightIn(`${sign}${digits}`);
  if (value === null) return "bad-field";
  return readingWith(raw, { value, unit: unitOf(unit), ...motionOf(header === "US") });
};

const starts = codesOf("SQUOCRZTP");

/**
 * A&D standard format: `ST,+001234.5  g`. Sources: A&D EK-L manual p. 30, EJ-120 p. 26, EK-AEP p. 30, GC p. 51. The format
 * does not tell gross from net. The parity bit is masked.
 */
export const aAndD: DeviceCodec = {
  id: "and",
  displayName: { zh: "艾安得 A&D 标准格式", en: "A&D standard format" },
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
