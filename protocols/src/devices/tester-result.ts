import { type AssayRule, judgeAssay } from "../judgement/assay-verdict.ts";
import type { TestBody } from "../records/bodies.ts";
import { formatDecimal } from "../units/decimal.ts";
import type { ResultEvent } from "./device-event.ts";
import { decodeRecordText } from "./lis/text-encoding.ts";

/** What a tester sends instead of a value that it could not measure. Never a pass. */
export const notAvailable = "NA";

/** A field of text padded with NUL or blanks, GB18030 (which contains GB2312 and GBK) unless said; `null` when empty. */
export const paddedText = (bytes: Uint8Array): string | null => {
  const end = bytes.indexOf(0);
  const text = decodeRecordText(end < 0 ? bytes : bytes.subarray(0, end), "gb18030").trim();
  return text === "" ? null : text;
};

/** Unsigned 16 bits, low byte first. */
export const u16le = (bytes: Uint8Array, at: number): number => (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);

/** An integer with so many decimal places as text: 6234 with 2 is `62.34`. */
export const scaledText = (digits: number, places: number): string =>
  formatDecimal({ digits: BigInt(digits), scale: places });

const two = (value: number): string => value.toString().padStart(2, "0");

/** `2024-05-17` from a two-digit year, as testers send it. */
export const dayText = (year: number, month: number, day: number): string => `20${two(year)}-${two(month)}-${two(day)}`;

/** `2024-05-17T09:30:15`, the instrument's local time, from year (two digits), month, day, hour, minute, second. */
export const momentText = (parts: ArrayLike<number>): string => {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = Array.from(parts);
  return `${dayText(year, month, day)}T${two(hour)}:${two(minute)}:${two(second)}`;
};

/** True when the numbers (year with two digits first) can be a time at all: a check where a frame has no checksum. */
export const isMoment = (parts: ArrayLike<number>): boolean => {
  const [year = 100, month = 0, day = 0, hour = 24, minute = 60, second = 60] = Array.from(parts);
  const isDay = year < 100 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
  return isDay && hour < 24 && minute < 60 && second < 60;
};

/** The digits of `1.5e-7` without exponent. */
const withoutExponent = (text: string): string => {
  const match = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (match === null) return text;
  const [, sign = "", first = "", rest = "", power = "0"] = match;
  const digits = first + rest;
  const point = 1 + Number(power);
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  return point >= digits.length
    ? `${sign}${digits.padEnd(point, "0")}`
    : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
};

/** Most digits that a 32-bit float needs to be told from its neighbours. */
const floatDigits = 9;

/** A 32-bit float as the shortest decimal text that means the same float; `NaN` when it is no number. */
export const float32Text = (value: number): string => {
  if (!Number.isFinite(value)) return "NaN";
  for (let digits = 1; digits < floatDigits; digits++) {
    const text = value.toPrecision(digits);
    if (Math.fround(Number(text)) === value) return withoutExponent(Number(text).toString());
  }
  return withoutExponent(Number(value.toPrecision(floatDigits)).toString());
};

const clip = (text: string, maxChars: number): string => text.slice(0, maxChars);

/** Who measured, and how it is judged. */
export interface TesterFacts {
  readonly protocol: string;
  readonly instrument: string;
  readonly assays: readonly AssayRule[];
}

/**
 * The body of a `test` record for a result of any tester whose codec gives whole results. Values and times stay as sent;
 * the verdict comes from the number by the assay's rule, the instrument's own stands beside it.
 */
export const testBodyOfResult = (event: ResultEvent, { protocol, instrument, assays }: TesterFacts): TestBody => {
  const rule = assays.find(({ code }) => code === (event.assay ?? ""));
  const { value, unit, instrumentVerdict } = event;
  const said = { value: value ?? "", unit: unit ?? "", flags: "", status: "", instrumentVerdict };
  const judgement = judgeAssay(said, rule);
  return {
    protocol,
    instrument: { name: clip(instrument, 128), version: "", serial: "" },
    specimenId: clip(event.number ?? event.sample ?? "", 128),
    item: event.number === undefined || event.sample === null ? null : clip(event.sample, 128),
    assay: { code: clip(event.assay ?? "", 64), name: clip(rule?.name ?? "", 128) },
    value: clip(value ?? "", 256),
    number: judgement.number,
    unit: clip(unit ?? "", 32),
    flags: "",
    status: "",
    verdict: judgement.verdict,
    verdictRule: judgement.rule,
    instrumentVerdict: judgement.instrumentVerdict,
    startedAt: "",
    completedAt: clip(event.at ?? "", 32),
    ...(event.channel === undefined ? {} : { channel: clip(event.channel, 16) }),
    ...(judgement.retests === 0 ? {} : { retests: judgement.retests }),
    resendOf: null,
  };
};
