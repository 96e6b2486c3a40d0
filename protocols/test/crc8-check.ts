/** CRC-8 by long division of the bit string by x^8 + x^5 + x^4 + 1, in the envelope 7E … AA. */
export const envelopeFits = (frame: Uint8Array): boolean => {
  const bits = [...frame.subarray(1, -1)].flatMap((byte) => [7, 6, 5, 4, 3, 2, 1, 0].map((bit) => (byte >> bit) & 1));
  for (let at = 0; at + 8 < bits.length; at++) {
    if (bits[at] === 0) continue;
    for (const [offset, bit] of [1, 0, 0, 1, 1, 0, 0, 0, 1].entries())
      bits[at + offset] = (bits[at + offset] ?? 0) ^ bit;
  }
  return frame[0] === 0x7e && frame.at(-1) === 0xaa && bits.slice(-8).every((bit) => bit === 0);
};
