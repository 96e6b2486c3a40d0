import type { ResultEvent } from "../device-event.ts";
import { encodeEnvelope } from "../envelope-7e.ts";
import type { ReplyEvent, RequestEvent } from "../line-event.ts";
import { dayText, momentText, notAvailable, paddedText, scaledText, u16le } from "../tester-result.ts";

/**
 * Commands of the LZ-4000T pesticide meter. Source: the maker's data collection software (github
 * soldiers1989/UploadSoftWare, clsLZ4000T).
 */
export const lzCommands = {
  identify: 0x00,
  identified: 0x01,
  readDay: 0x10,
  record: 0x11,
  countDay: 0x12,
  count: 0x13,
} as const;

/** DATA of every command; the software knows the whole frames by their length (9, 26 and 11 bytes) and never reads LEN. */
export const lzDataBytes = new Map<number, number>([
  [lzCommands.identify, 2],
  [lzCommands.identified, 3],
  [lzCommands.readDay, 3],
  [lzCommands.record, 20],
  [lzCommands.countDay, 3],
  [lzCommands.count, 5],
]);

/** Above this the meter had nothing to measure: 7FFEh and its neighbours stand for NA in this maker's meters. */
const largestValue = 32_000;

/** A day of the meter's own calendar, year with two digits. */
export interface MeterDay {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** Asks whether the meter is there. */
export const lzIdentify = (): Uint8Array<ArrayBuffer> => encodeEnvelope(lzCommands.identify, [0, 0]);

/** Asks how many results a day has. */
export const lzCountDay = ({ year, month, day }: MeterDay): Uint8Array<ArrayBuffer> =>
  encodeEnvelope(lzCommands.countDay, [year, month, day]);

/** Asks for the results of a day. */
export const lzReadDay = ({ year, month, day }: MeterDay): Uint8Array<ArrayBuffer> =>
  encodeEnvelope(lzCommands.readDay, [year, month, day]);

/** How many records follow one another for one day, as each record says (bytes 4 and 5). */
export const lzTotalOf = (raw: Uint8Array): number => u16le(raw, 4);

/** One record: total, index, number, six bytes of name, time (binary, not BCD), inhibition in hundredths of a percent. */
const recordOf = (data: Uint8Array, raw: Uint8Array): ResultEvent => {
  const inhibition = u16le(data, 18);
  return {
    event: "result",
    raw,
    sample: paddedText(data.subarray(6, 12)),
    number: u16le(data, 4).toString(),
    assay: "inhibition",
    value: inhibition > largestValue ? notAvailable : scaledText(inhibition, 2),
    unit: "%",
    instrumentVerdict: inhibition > largestValue ? "invalid" : "none",
    at: momentText(data.subarray(12, 18)),
  };
};

/** What a frame with a good CRC says. */
export const lzEventOf = (
  command: number,
  data: Uint8Array,
  raw: Uint8Array,
): ResultEvent | RequestEvent | ReplyEvent => {
  const [year = 0, month = 0, day = 0] = data;
  const request = (meaning: string, detail: string | null): RequestEvent => ({
    event: "request",
    raw,
    meaning,
    detail,
  });
  if (command === lzCommands.record) return recordOf(data, raw);
  if (command === lzCommands.identify) return request("identify", null);
  if (command === lzCommands.countDay) return request("count", dayText(year, month, day));
  if (command === lzCommands.readDay) return request("read", dayText(year, month, day));
  if (command === lzCommands.count) return { event: "reply", raw, meaning: "count", detail: u16le(data, 3).toString() };
  return { event: "reply", raw, meaning: "identified", detail: null };
};
