import { decodeRecordText, lisEncodings } from "../devices/lis/text-encoding.ts";

/** How a device writes text. `cp437`: IBM PC characters, as old printers use them (F8h is the degree sign). */
export const textCodes = [...lisEncodings, "cp437"] as const;

/** One of `textCodes`. */
export type TextCode = (typeof textCodes)[number];

/** Characters 80h to FFh of code page 437. */
const cp437Upper =
  "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0";

const isAscii = (bytes: Uint8Array): boolean => {
  for (const byte of bytes) if (byte > 0x7f) return false;
  return true;
};

const asciiText = (bytes: Uint8Array): string => {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
};

/** The text in `bytes`; never fails, what cannot be decoded becomes a replacement character. */
export const decodeText = (bytes: Uint8Array, code: TextCode): string => {
  // All of our codes contain ASCII; a decoder takes longer to begin than most lines to read.
  if (bytes.length < 64 && isAscii(bytes)) return asciiText(bytes);
  if (code !== "cp437") return decodeRecordText(bytes, code);
  let text = "";
  for (const byte of bytes) text += byte < 0x80 ? String.fromCharCode(byte) : cp437Upper.charAt(byte - 0x80);
  return text;
};
