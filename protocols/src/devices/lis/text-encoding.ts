// Part of every runtime we support (Node with full ICU, browsers) but of no ECMAScript library type.
declare const TextDecoder: {
  new (label: string, options?: { fatal?: boolean; ignoreBOM?: boolean }): { decode(bytes: Uint8Array): string };
};

/** How an instrument writes text. LIS02-A2 section 5.1 allows Latin-1 only; Chinese instruments send GBK or UTF-8. */
export const lisEncodings = ["auto", "utf-8", "gb18030", "latin1"] as const;

export type LisEncoding = (typeof lisEncodings)[number];

const strictUtf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const looseUtf8 = new TextDecoder("utf-8", { ignoreBOM: true });
const gb18030 = new TextDecoder("gb18030");

const latin1Text = (bytes: Uint8Array): string => {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
};

/**
 * Text of one record. `auto` takes UTF-8 when the bytes are valid UTF-8 and GB18030 (which contains GBK and GB2312)
 * otherwise. Whole records are decoded before they are split, because the second byte of a GBK character can equal a
 * delimiter.
 */
export const decodeRecordText = (bytes: Uint8Array, encoding: LisEncoding): string => {
  if (encoding === "latin1") return latin1Text(bytes);
  if (encoding === "gb18030") return gb18030.decode(bytes);
  if (encoding === "utf-8") return looseUtf8.decode(bytes);
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return gb18030.decode(bytes);
  }
};
