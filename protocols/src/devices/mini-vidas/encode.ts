import { concat } from "../../bytes/bytes.ts";

/** A message as fields in the order they are sent: tag of two letters and text. */
export type VidasFields = readonly (readonly [string, string])[];

const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0) & 0xff);

/** A message with its checksum, written from the capture, not from the decoder. */
export const encodeVidasMessage = (fields: VidasFields): Uint8Array<ArrayBuffer> => {
  const summed = concat(latin1(fields.map(([tag, text]) => `\x1e${tag}${text}|`).join("")), Uint8Array.of(0x1d));
  const sum = summed.reduce((total, byte) => total + byte, 0) % 256;
  return concat(Uint8Array.of(0x02), summed, latin1(`${sum.toString(16).padStart(2, "0")}\n`));
};
