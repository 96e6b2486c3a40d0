import type { ReplyEvent, RequestEvent } from "./line-event.ts";

/**
 * Commands of the TY-16 and Z-24 pesticide meters: `1B BF` there?, `1B B1` read from the first record, `24` the next one;
 * the meter ends with `1B FE`. No checksum anywhere. Source: the maker's data collection software (github
 * soldiers1989/UploadSoftWare, clsTY16, clsTYTTNJZ24).
 */
export const escapeByte = 0x1b;
export const nextByte = 0x24;
export const readByte = 0xb1;
const [identify, end] = [0xbf, 0xfe];

/** Asks whether the meter is there. */
export const tyIdentify = (): Uint8Array<ArrayBuffer> => Uint8Array.of(escapeByte, identify);

/** Asks for the first record. */
export const tyRead = (): Uint8Array<ArrayBuffer> => Uint8Array.of(escapeByte, readByte);

/** Asks for the next record. */
export const tyReadNext = (): Uint8Array<ArrayBuffer> => Uint8Array.of(nextByte);

/** What a meter says behind its last record. */
export const tyEnd = (): Uint8Array<ArrayBuffer> => Uint8Array.of(escapeByte, end);

/** The meaning of two bytes that are certainly no record; `undefined` for others. `models`: second bytes of an answer to identify. */
export const shortEventOf = (raw: Uint8Array, models: readonly number[]): RequestEvent | ReplyEvent | undefined => {
  const second = raw[1] ?? 0;
  const detail = second.toString(16).padStart(2, "0");
  if (models.includes(second)) return { event: "reply", raw, meaning: "identified", detail };
  if (second === end) return { event: "reply", raw, meaning: "end", detail: null };
  if (second === identify) return { event: "request", raw, meaning: "identify", detail: null };
  return second === readByte ? { event: "request", raw, meaning: "read", detail: null } : undefined;
};

/** The request for the next record. */
export const nextEvent = (): RequestEvent => ({
  event: "request",
  raw: tyReadNext(),
  meaning: "read-next",
  detail: null,
});

/** Whether so many bytes can be a 32-bit float, high byte first, that a meter means as a result; NaN can. */
export const floatAt = (bytes: Uint8Array, at: number): number =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getFloat32(at);

/** No inhibition is further from zero than this, in percent: a check where a frame has no checksum. */
const largest = 1000;

/** True for NaN, which a meter sends for "no result", and for values that can be a result. */
export const isResult = (value: number): boolean => Number.isNaN(value) || Math.abs(value) <= largest;
