import type { ResultEvent, Verdict } from "../device-event.ts";
import { encodeEnvelope } from "../envelope-7e.ts";
import type { ReplyEvent, RequestEvent } from "../line-event.ts";
import { dayText, momentText, notAvailable, scaledText, u16le } from "../tester-result.ts";

/**
 * Commands of the TL-310 multi-channel pesticide meter; the first byte of DATA is FF. Source: the maker's data collection
 * software (github soldiers1989/UploadSoftWare, clsTL310, TL310New).
 */
export const tlCommands = { identify: 0x01, identified: 0x02, read: 0x15, record: 0x16 } as const;

/** DATA of every command. */
export const tlDataBytes = new Map<number, number>([
  [tlCommands.identify, 1],
  [tlCommands.identified, 4],
  [tlCommands.read, 4],
  [tlCommands.record, 21],
]);

/** 7FFEh is NA; the newer software takes everything above this for it. */
const largestValue = 32_000;

/** Which standard the channel was measured by (byte 10). */
const standards: readonly (string | undefined)[] = ["GB/T 5009.199", "NY/T 448"];

/** Byte 23. The Z-24 of another maker uses the same codes the other way round. */
const verdicts: readonly (Verdict | undefined)[] = [undefined, "positive", "negative"];

/** Asks whether the meter is there. */
export const tlIdentify = (): Uint8Array<ArrayBuffer> => encodeEnvelope(tlCommands.identify, [0xff]);

/** Asks for the last results. */
export const tlReadLast = (): Uint8Array<ArrayBuffer> => encodeEnvelope(tlCommands.read, [0xff, 0, 0, 0]);

/** Asks for all results. */
export const tlReadAll = (): Uint8Array<ArrayBuffer> => encodeEnvelope(tlCommands.read, [0xff, 0xff, 0xff, 0xff]);

/** How many records follow one another, as each record says (bytes 5 and 6). */
export const tlTotalOf = (raw: Uint8Array): number => u16le(raw, 5);

/** One channel of one test. Test number 0: nothing was measured there. */
const recordOf = (data: Uint8Array, raw: Uint8Array): ResultEvent | ReplyEvent => {
  // High byte first, unlike everything else in the frame.
  const test = ((data[13] ?? 0) << 8) | (data[14] ?? 0);
  const channel = (data[5] ?? 0).toString();
  if (test === 0) return { event: "reply", raw, meaning: "empty", detail: channel };
  const inhibition = u16le(data, 17);
  const isMeasured = inhibition <= largestValue;
  return {
    event: "result",
    raw,
    sample: null,
    number: test.toString(),
    channel,
    assay: standards[data[6] ?? 0xff] ?? (data[6] ?? 0).toString(),
    value: isMeasured ? scaledText(inhibition, 1) : notAvailable,
    unit: "%",
    instrumentVerdict: isMeasured ? (verdicts[data[19] ?? 0] ?? "none") : "invalid",
    at: momentText(data.subarray(7, 13)),
  };
};

const readOf = (data: Uint8Array, raw: Uint8Array): RequestEvent => {
  const [, year = 0, month = 0, day = 0] = data;
  if (year === 0 && month === 0) return { event: "request", raw, meaning: "read", detail: "last" };
  if (year === 0xff) return { event: "request", raw, meaning: "read-all", detail: null };
  return { event: "request", raw, meaning: "read", detail: dayText(year, month, day) };
};

/** What a frame with a good CRC says. */
export const tlEventOf = (
  command: number,
  data: Uint8Array,
  raw: Uint8Array,
): ResultEvent | RequestEvent | ReplyEvent => {
  if (command === tlCommands.record) return recordOf(data, raw);
  if (command === tlCommands.read) return readOf(data, raw);
  if (command === tlCommands.identify) return { event: "request", raw, meaning: "identify", detail: null };
  return { event: "reply", raw, meaning: "identified", detail: null };
};
