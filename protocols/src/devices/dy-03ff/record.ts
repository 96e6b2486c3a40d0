import type { ResultEvent, Verdict } from "../device-event.ts";
import { momentText, notAvailable, paddedText, scaledText, u16le } from "../tester-result.ts";
import type { DyFrame } from "./frame.ts";
import type { DyMethod } from "./request.ts";

/** One entry of the analyser's list of items. */
export interface DyItem {
  readonly name: string;
  readonly unit: string | null;
  /** True: enzyme inhibition, 16 bits in tenths of a percent; false: a value of 32 bits in thousandths. */
  readonly inhibition: boolean;
}

/** What an item's number means; `undefined` when the list was not read. */
export type DyItemOf = (method: DyMethod, item: number) => DyItem | undefined;

const itemBytes = 128;
/** Name 16 bytes, unit 8, method number: 0 is inhibition. */
const [unitAt, methodAt] = [16, 24];

/** The items of an answer: one or two. */
export const dyItemsOf = (data: Uint8Array): readonly DyItem[] => {
  const items: DyItem[] = [];
  for (let at = 0; at + methodAt < data.length; at += itemBytes) {
    const name = paddedText(data.subarray(at, at + unitAt)) ?? "";
    const unit = paddedText(data.subarray(at + unitAt, at + methodAt));
    items.push({ name, unit, inhibition: data[at + methodAt] === 0 });
  }
  return items;
};

const timeOf = (data: Uint8Array, at: number): string => {
  const time = (u16le(data, at) | (u16le(data, at + 2) << 16)) >>> 0;
  const parts = [time >>> 25, (time >>> 21) & 15, (time >>> 16) & 31, (time >>> 11) & 31, (time >>> 5) & 63];
  return momentText([...parts, (time & 31) * 2]);
};

interface Value {
  readonly value: string;
  readonly measured: boolean;
}
const invalid: Value = { value: "INVALID", measured: false };
const missing: Value = { value: notAvailable, measured: false };

/** 7FFFh invalid, 7FFEh not available; above 32,000 nothing can have been measured either. */
const inhibitionOf = (data: Uint8Array, at: number): Value => {
  const tenths = u16le(data, at);
  if (tenths === 0x7fff) return invalid;
  return tenths > 32_000 ? missing : { value: scaledText(tenths, 1), measured: true };
};

const invalidValues = [0x7fff_ffff, 0x7fff_fffe, 0x7fff, 0x000f_422c];
const missingValues = [0x7fff_fffd, 0x7ffe];

/** 32 bits in thousandths, bit 31 is the sign. */
const quantityOf = (data: Uint8Array, at: number): Value => {
  const bits = (u16le(data, at) | (u16le(data, at + 2) << 16)) >>> 0;
  if (invalidValues.includes(bits)) return invalid;
  if (missingValues.includes(bits)) return missing;
  const magnitude = bits & 0x7fff_ffff;
  return { value: scaledText(bits > 0x7fff_ffff ? -magnitude : magnitude, 3), measured: true };
};

const assayOf = (method: DyMethod, number: number, item: DyItem | undefined): string =>
  item === undefined || item.name === "" ? `${method}-${number}` : item.name;

const flagVerdict = (flags: number): Verdict => (flags >= 192 ? "suspect" : "none");

/** A wet chemistry record: one time, then eight bytes per channel. Flags below 128: nothing was measured there. */
const wetResultsOf = ({ data, raw }: DyFrame, itemOf: DyItemOf): ResultEvent[] => {
  const number = data[1] ?? 0;
  const item = itemOf("wet", number);
  const results: ResultEvent[] = [];
  for (let at = 8; at + 8 <= data.length; at += 8) {
    const [channel = 0, flags = 0] = data.subarray(at, at + 2);
    if (channel === 0 || flags < 128) continue;
    const { value, measured } = item?.inhibition === false ? quantityOf(data, at + 4) : inhibitionOf(data, at + 4);
    results.push({
      event: "result",
      raw: results.length === 0 ? raw : new Uint8Array(0),
      sample: null,
      channel: channel.toString(),
      assay: assayOf("wet", number, item),
      value,
      // Without the list of items nobody knows what was measured: a number without unit is never judged.
      unit: item?.unit ?? null,
      instrumentVerdict: measured ? flagVerdict(flags) : "invalid",
      at: timeOf(data, 4),
    });
  }
  return results;
};

const words: readonly (readonly [string, Verdict])[] = [
  [notAvailable, "invalid"],
  ["positive", "positive"],
  ["negative", "negative"],
  [notAvailable, "invalid"],
];

/** A strip or dry chemistry record: one result, read as positive or negative (bits 0 and 1) or as a value (bit 7). */
const stripResultOf = (method: DyMethod, { data, raw }: DyFrame, itemOf: DyItemOf): ResultEvent => {
  const number = data[1] ?? 0;
  const item = itemOf(method, number);
  const flags = data[8] ?? 0;
  const [word, verdict] = words[flags & 3] ?? [notAvailable, "invalid"];
  const quantity = flags >= 128 ? quantityOf(data, 9) : undefined;
  const measuredVerdict: Verdict = quantity?.measured === false ? "invalid" : "none";
  return {
    event: "result",
    raw,
    sample: null,
    number: u16le(data, 6).toString(),
    assay: assayOf(method, number, item),
    value: quantity?.value ?? word,
    unit: quantity === undefined ? null : (item?.unit ?? null),
    instrumentVerdict: quantity === undefined ? verdict : measuredVerdict,
    at: timeOf(data, 2),
  };
};

const minStripBytes = 13;

/** The results of a record; none when the record is marked as not valid. The first holds the bytes. */
export const dyResultsOf = (method: DyMethod, frame: DyFrame, itemOf: DyItemOf): ResultEvent[] => {
  if (frame.data[0] === 0) return [];
  if (method === "wet") return wetResultsOf(frame, itemOf);
  return frame.data.length < minStripBytes ? [] : [stripResultOf(method, frame, itemOf)];
};
