import type { ResultEvent } from "../device-event.ts";
import { isMoment, momentText, paddedText } from "../tester-result.ts";

/**
 * A record of the DY-5800 has 82 bytes of fixed fields between `P` and `X`: hole 3, sample code 7, item 20, unit 10,
 * concentration 5, absorbance 5, date YYMMDD 6, time hhmm 4, user 10, sample 10. Texts GB2312. Source: the maker's data
 * collection software (github soldiers1989/UploadSoftWare, clsDY5800).
 */
export const recordBytes = 82;
export const firstByte = 0x50;
export const lastByte = 0x58;

/** Where the fields behind the unit begin. */
interface Places {
  readonly value: number;
  readonly date: number;
}
/**
 * The software skips one byte behind the unit (and then reads the user from the last digit of the time); the lengths alone
 * leave none. Which one a meter sends shows in the ten digits of date and time.
 */
const layouts: readonly Places[] = [
  { value: 42, date: 52 },
  { value: 41, date: 51 },
];

const digitsAt = (record: Uint8Array, at: number): number[] | undefined => {
  const digits = Array.from(record.subarray(at, at + 10), (byte) => byte - 0x30);
  if (digits.length < 10 || digits.some((digit) => digit < 0 || digit > 9)) return undefined;
  return [0, 2, 4, 6, 8].map((place) => (digits[place] ?? 0) * 10 + (digits[place + 1] ?? 0));
};

/** Year, month, day, hour, minute at this place, when they can be a time. */
const timeAt = (record: Uint8Array, at: number): number[] | undefined => {
  const time = digitsAt(record, at);
  return time !== undefined && isMoment([...time, 0]) ? [...time, 0] : undefined;
};

const placesOf = (record: Uint8Array): Places | undefined =>
  layouts.find(({ date }) => timeAt(record, date) !== undefined);

const field = (record: Uint8Array, at: number, length: number): string | null =>
  paddedText(record.subarray(at, at + length).filter((byte) => byte !== 0 && byte !== 0x08));

/** The result in 82 bytes; `undefined` when they are none. The user's name is left in the raw bytes. */
export const dy5800ResultOf = (raw: Uint8Array): ResultEvent | undefined => {
  const places = placesOf(raw);
  const time = places === undefined ? undefined : timeAt(raw, places.date);
  const hole = field(raw, 1, 3);
  if (places === undefined || time === undefined || raw[recordBytes - 1] !== lastByte) return undefined;
  const [number, value] = [field(raw, 4, 7), field(raw, places.value, 5)];
  return {
    event: "result",
    raw,
    sample: field(raw, 71, 10),
    ...(number === null ? {} : { number }),
    ...(hole === null ? {} : { channel: hole }),
    assay: field(raw, 11, 20),
    value,
    unit: field(raw, 31, 10),
    instrumentVerdict: value === "NaN" ? "invalid" : "none",
    at: momentText(time),
  };
};
