import type { ResultEvent, Verdict } from "../device-event.ts";
import type { ReplyEvent, RequestEvent } from "../line-event.ts";
import { isMoment, momentText, scaledText, u16le } from "../tester-result.ts";

/**
 * DY-6200 food additive tester: questions of four bytes `6A c ~c 69`, records of 13 bytes `6A id(2) value(2) item verdict
 * YY MM DD hh mm ss` (low byte first, value in hundredths, time BCD), end marker `6A` and eight times 99. No checksum.
 * Source: the maker's data collection software (github soldiers1989/UploadSoftWare, clsDY6200).
 */
export const startByte = 0x6a;
export const questionBytes = 4;
export const recordBytes = 13;
export const markerBytes = 9;
const fill = 0x99;
const lastByte = 0x69;
const [identify, readAll] = [0x5a, 0x5b];

const question = (command: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.of(startByte, command, 0xff - command, lastByte);

/** Asks whether the tester is there. */
export const dy6200Identify = (): Uint8Array<ArrayBuffer> => question(identify);

/** Asks for all records. The tester also has a question that erases its memory: this code cannot write it. */
export const dy6200ReadAll = (): Uint8Array<ArrayBuffer> => question(readAll);

const items: readonly (string | undefined)[] = [
  undefined,
  "酚酞",
  "亚硝酸盐",
  "硝酸盐",
  "余氯",
  "蛋白质",
  "人血白蛋白",
  "过氧化物",
];
/** 01 pass, 02 fail, 03 suspect, 04 out of range. */
const verdicts: readonly (Verdict | undefined)[] = [undefined, "negative", "positive", "suspect", "invalid"];

/** Value of two BCD digits; NaN for anything else. */
const bcd = (byte: number): number => ((byte & 15) > 9 || byte >> 4 > 9 ? Number.NaN : (byte >> 4) * 10 + (byte & 15));

const timeOf = (record: Uint8Array): number[] => Array.from(record.subarray(7, recordBytes), bcd);

/** False once the bytes (perhaps not all yet) cannot be the end marker. */
export const mayBeMarker = (window: Uint8Array): boolean =>
  window.subarray(1, markerBytes).every((byte) => byte === fill);

/** True when the bytes are a question, or its echo. */
export const isQuestion = (window: Uint8Array): boolean =>
  window.length >= questionBytes && (window[1] ?? 0) + (window[2] ?? 0) === 0xff && window[3] === lastByte;

/** False once the bytes (perhaps not all yet) cannot be a record: item, verdict and time must be possible. */
export const mayBeRecord = (window: Uint8Array): boolean => {
  const [item = 1, verdict = 1] = window.subarray(5, 7);
  if (item === 0 || item > 0x7f || verdict === 0 || verdict > 4) return false;
  if (window.length < recordBytes) return !timeOf(window).some(Number.isNaN);
  return isMoment(timeOf(window));
};

/** The result in a whole record. The unit is not sent; the maker's software shows mg/kg for everything. */
export const dy6200ResultOf = (raw: Uint8Array): ResultEvent => {
  const item = raw[5] ?? 0;
  return {
    event: "result",
    raw,
    sample: null,
    number: u16le(raw, 1).toString(),
    assay: items[item] ?? item.toString(),
    value: scaledText(u16le(raw, 3), 2),
    unit: null,
    instrumentVerdict: verdicts[raw[6] ?? 0] ?? "none",
    at: momentText(timeOf(raw)),
  };
};

/** By the command in hexadecimal; what erases is known to be read, not to be written. */
const meanings: Readonly<Record<string, string>> = {
  [identify.toString(16)]: "identify",
  [readAll.toString(16)]: "read-all",
  "5d": "erase",
};

/** A question seen on the line, or echoed. */
export const dy6200QuestionOf = (raw: Uint8Array): RequestEvent => {
  const command = (raw[1] ?? 0).toString(16);
  const meaning = meanings[command];
  return { event: "request", raw, meaning: meaning ?? "other", detail: meaning === undefined ? command : null };
};

/** The end marker. */
export const dy6200EndOf = (raw: Uint8Array): ReplyEvent => ({ event: "reply", raw, meaning: "end", detail: null });
