import { floatAt, isResult } from "../command-1b.ts";
import type { ResultEvent } from "../device-event.ts";
import type { ReplyEvent } from "../line-event.ts";
import { float32Text, isMoment, momentText } from "../tester-result.ts";

/**
 * A record of the TY-16 has 73 bytes: seconds, minutes, hours, day, month, unknown, year (all binary), a bitmap of the
 * channels that were used (highest bit is channel 1), and from byte 13 eight bytes per channel that begin with the
 * inhibition in percent as a float. The first record comes with two bytes more in front. Source: the maker's data
 * collection software (github soldiers1989/UploadSoftWare, clsTY16).
 */
export const recordBytes = 73;
export const headBytes = 2;
const channels = 8;
const [bitmapAt, firstValueAt, bytesPerChannel] = [7, 13, 8];

/** Year (two digits), month, day, hour, minute, second. */
const timeOf = (record: Uint8Array): number[] => [6, 4, 3, 2, 1, 0].map((at) => record[at] ?? 0);

/** Highest value of each of the first bytes: what comes can be refused before it is whole. */
const highest = [59, 59, 23, 31, 12, 255, 99];

const valueAt = (record: Uint8Array, channel: number): number =>
  floatAt(record, firstValueAt + bytesPerChannel * (channel - 1));

const usedChannels = (record: Uint8Array): number[] =>
  Array.from({ length: channels }, (_, index) => index + 1).filter(
    (channel) => ((record[bitmapAt] ?? 0) & (0x80 >> (channel - 1))) !== 0,
  );

/** False once the bytes (perhaps not all yet) cannot be a record: there is no checksum, so time and values must be possible. */
export const mayBeRecord = (record: Uint8Array): boolean => {
  if (highest.some((most, at) => (record[at] ?? 0) > most)) return false;
  if (record.length > 6 && !isMoment(timeOf(record))) return false;
  return record.length < recordBytes || usedChannels(record).every((channel) => isResult(valueAt(record, channel)));
};

/** The results of a whole record; the first holds the bytes. A run without any used channel is a reply. */
export const tyResultsOf = (record: Uint8Array, raw: Uint8Array): readonly (ResultEvent | ReplyEvent)[] => {
  const at = momentText(timeOf(record));
  const results = usedChannels(record).map((channel, index): ResultEvent => {
    const value = float32Text(valueAt(record, channel));
    return {
      event: "result",
      raw: index === 0 ? raw : new Uint8Array(0),
      sample: null,
      channel: channel.toString(),
      assay: "inhibition",
      value,
      unit: "%",
      instrumentVerdict: value === "NaN" ? "invalid" : "none",
      at,
    };
  });
  return results.length > 0 ? results : [{ event: "reply", raw, meaning: "empty", detail: null }];
};
