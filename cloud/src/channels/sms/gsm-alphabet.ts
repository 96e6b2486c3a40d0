/** The default alphabet, 3GPP TS 23.038 §6.2.1: septet value = position. 0x1B leads into the extension table. */
const basic =
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u001bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
  "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/** Its extension table, §6.2.1.1. */
const extension: ReadonlyMap<number, string> = new Map([
  [0x0a, "\f"],
  [0x14, "^"],
  [0x28, "{"],
  [0x29, "}"],
  [0x2f, "\\"],
  [0x3c, "["],
  [0x3d, "~"],
  [0x3e, "]"],
  [0x40, "|"],
  [0x65, "€"],
]);

const lead = 0x1b;

/**
 * Text of septets in the GSM default alphabet, one a byte. A septet of the extension table that nobody has defined shows
 * as the basic character, as §6.2.1.1 asks; the eighth bit is ignored.
 */
export const gsmText = (septets: Uint8Array): string => {
  let text = "";
  for (let index = 0; index < septets.length; index++) {
    const septet = (septets[index] ?? 0) & 0x7f;
    if (septet !== lead) {
      text += basic[septet];
      continue;
    }
    index++;
    if (index >= septets.length) break;
    const second = (septets[index] ?? 0) & 0x7f;
    text += second === lead ? " " : (extension.get(second) ?? basic[second]);
  }
  return text;
};

/**
 * Unpacks `count` septets, the first one beginning at bit `fromBit` (3GPP TS 23.038 §6.1.2.1). Septets that the bytes do
 * not hold are left out.
 */
export const unpackSeptets = (bytes: Uint8Array, count: number, fromBit = 0): Uint8Array => {
  const most = Math.max(0, Math.min(count, Math.floor((bytes.length * 8 - fromBit) / 7)));
  return Uint8Array.from({ length: most }, (_, index) => {
    const bit = fromBit + index * 7;
    const pair = (bytes[bit >> 3] ?? 0) | ((bytes[(bit >> 3) + 1] ?? 0) << 8);
    return (pair >> (bit & 7)) & 0x7f;
  });
};
