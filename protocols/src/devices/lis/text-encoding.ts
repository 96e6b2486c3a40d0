// Part of every runtime we support (Node with full ICU, browsers) but of no ECMAScript library type.
declare const TextDecoder: {
  new (label: string, options?: { fatal?: boolean; ignoreBOM?: boolean }): { decode(bytes: Uint8Array): string };
};

/** How an instrument writes text. LIS02-A2 section 5.1 allows Latin-1 only; Chinese instruments send GBK or UTF-8. */
export const lisEncodings = ["auto", "utf-8", "gb18030", "latin1"] as const;

export type LisEncoding = (typeof lisEncodings)[number];

const looseUtf8 = new TextDecoder("utf-8", { ignoreBOM: true });
const gb18030 = new TextDecoder("gb18030");

const latin1Text = (bytes: Uint8Array): string => {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
};

/** How many bytes follow a first byte (The Unicode Standard, table 3-7); -1: it begins no character. */
const followers = (byte: number): number => {
  if (byte < 0x80) return 0;
  if (byte < 0xc2 || byte > 0xf4) return -1;
  return byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
};

/** The lowest and highest second byte: neither longer than needed, nor a surrogate, nor beyond 10FFFFh. */
const secondFits = (first: number, second: number): boolean => {
  if (first === 0xe0) return second >= 0xa0 && second <= 0xbf;
  if (first === 0xed) return second >= 0x80 && second <= 0x9f;
  if (first === 0xf0) return second >= 0x90 && second <= 0xbf;
  if (first === 0xf4) return second >= 0x80 && second <= 0x8f;
  return second >= 0x80 && second <= 0xbf;
};

/** True when the bytes are valid UTF-8. A decoder that throws tells the same a hundred times slower. */
export const isUtf8 = (bytes: Uint8Array): boolean => {
  for (let at = 0; at < bytes.length; at++) {
    const first = bytes[at] ?? 0;
    const more = followers(first);
    if (more < 0 || at + more >= bytes.length) return false;
    if (more > 0 && !secondFits(first, bytes[at + 1] ?? 0)) return false;
    for (let next = 2; next <= more; next++) if (((bytes[at + next] ?? 0) & 0xc0) !== 0x80) return false;
    at += more;
  }
  return true;
};

/**
 * Text of one record. `auto` takes UTF-8 when the bytes are valid UTF-8 and GB18030 (which contains GBK and GB2312)
 * otherwise. Whole records are decoded before they are split, because the second byte of a GBK character can equal a
 * delimiter.
 */
export const decodeRecordText = (bytes: Uint8Array, encoding: LisEncoding): string => {
  if (encoding === "latin1") return latin1Text(bytes);
  if (encoding === "gb18030") return gb18030.decode(bytes);
  if (encoding === "utf-8" || isUtf8(bytes)) return looseUtf8.decode(bytes);
  return gb18030.decode(bytes);
};
