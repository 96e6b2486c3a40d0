import { floatAt, isResult } from "../command-1b.ts";
import type { ResultEvent, Verdict } from "../device-event.ts";
import type { ReplyEvent } from "../line-event.ts";
import { dayText, float32Text, isMoment, paddedText } from "../tester-result.ts";

/**
 * A record of the Z-24 has 501 bytes: date as 11 characters from byte 5, a bitmap of used channels in byte 28 (lowest bit
 * first), then eight blocks of 59 bytes: channel (21h is A1, 31h B1, 41h C1), number (2 bytes), name (15), origin (7), note
 * (21), absorbance, its change, inhibition as a fraction of 1 (floats, high byte first), verdict. Source: the maker's data
 * collection software (github soldiers1989/UploadSoftWare, clsTYTTNJZ24).
 */
export const recordBytes = 501;
const [dateAt, dateBytes, bitmapAt, blocksAt, blockBytes, blocks] = [5, 11, 28, 29, 59, 8];
const [numberAt, nameAt, nameBytes, valueAt, verdictAt] = [1, 3, 15, 54, 58];

/** Byte 58 of a block. The TL-310 of another maker uses the same codes the other way round. */
const verdicts: readonly (Verdict | undefined)[] = [undefined, "negative", "positive"];

/** `2024-05-17`, `2024/5/17` or `20240517`; what follows is not known. */
const datePattern = /^20(\d\d)(?:([-/.])(\d{1,2})\2(\d{1,2})|(\d\d)(\d\d))(?!\d)/;

/** Year (two digits), month and day of the date at its place; `undefined` when there is none. */
const dateIn = (record: Uint8Array): readonly [number, number, number] | undefined => {
  const match = datePattern.exec(paddedText(record.subarray(dateAt, dateAt + dateBytes)) ?? "");
  if (match === null) return undefined;
  const [year, month, day] = [match[1], match[3] ?? match[5], match[4] ?? match[6]].map(Number);
  const date = [year ?? 0, month ?? 0, day ?? 0] as const;
  return isMoment([...date, 0, 0, 0]) ? date : undefined;
};

const blockOf = (record: Uint8Array, block: number): Uint8Array => {
  const at = blocksAt + block * blockBytes;
  return record.subarray(at, at + blockBytes);
};
const usedBlocks = (record: Uint8Array): Uint8Array[] =>
  Array.from({ length: blocks }, (_, block) => block)
    .filter((block) => ((record[bitmapAt] ?? 0) & (1 << block)) !== 0)
    .map((block) => blockOf(record, block));

const isChannel = (code: number): boolean => code >= 0x21 && code <= 0x48 && (code & 15) >= 1 && (code & 15) <= 8;

/** False once the bytes (perhaps not all yet) cannot be a record: there is no checksum to tell. */
export const mayBeRecord = (window: Uint8Array): boolean => {
  if (window.length > dateAt && window[dateAt] !== 0x32) return false;
  if (window.length > dateAt + 1 && window[dateAt + 1] !== 0x30) return false;
  if (window.length < dateAt + dateBytes) return true;
  if (dateIn(window) === undefined) return false;
  if (window.length < recordBytes) return true;
  return usedBlocks(window).every((block) => isChannel(block[0] ?? 0) && isResult(floatAt(block, valueAt)));
};

/** The results of a whole record; the first holds the bytes. A run without any used channel is a reply. */
export const zResultsOf = (record: Uint8Array): readonly (ResultEvent | ReplyEvent)[] => {
  const date = dateIn(record);
  const at = date === undefined ? null : dayText(...date);
  const results = usedBlocks(record).map((block, index): ResultEvent => {
    const [code = 0] = block;
    const value = float32Text(floatAt(block, valueAt));
    return {
      event: "result",
      raw: index === 0 ? record : new Uint8Array(0),
      sample: paddedText(block.subarray(nameAt, nameAt + nameBytes)),
      number: (((block[numberAt] ?? 0) << 8) | (block[numberAt + 1] ?? 0)).toString(),
      channel: `${"ABC"[(code >> 4) - 2] ?? ""}${code & 15}`,
      assay: "inhibition",
      value,
      unit: null,
      instrumentVerdict: value === "NaN" ? "invalid" : (verdicts[block[verdictAt] ?? 0] ?? "invalid"),
      at,
    };
  });
  return results.length > 0 ? results : [{ event: "reply", raw: record, meaning: "empty", detail: null }];
};
