/** True when the frame's own checksum, computed here from the manual alone, is right. */
export type ChecksumRule = (frame: Uint8Array) => boolean;

const sum = (bytes: Uint8Array): number => bytes.reduce((total, byte) => total + byte, 0);
const xor = (bytes: Uint8Array): number => bytes.reduce((all, byte) => all ^ byte, 0);
const seven = (bytes: Uint8Array): Uint8Array => bytes.map((byte) => byte & 0x7f);
const textOf = (bytes: Uint8Array): string => String.fromCharCode(...bytes);

const crc8 = (bytes: Uint8Array): number => {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x80 ? ((crc << 1) ^ 0x31) & 0xff : (crc << 1) & 0xff;
  }
  return crc;
};

/** `7E CMD LEN LEN DATA CRC AA`; a doubled 7E in front is tolerated by the maker's own program. */
const envelope7e: ChecksumRule = (frame) => {
  const start = frame[1] === 0x7e ? 2 : 1;
  return crc8(frame.subarray(start, -2)) === frame.at(-2) && frame.at(-1) === 0xaa;
};

/** XOR as two characters in front of ETX: hexadecimal of either case, or 30h plus each half. */
const nibbles = (frame: Uint8Array, from: number): boolean => {
  const bytes = seven(frame);
  const check = xor(bytes.subarray(from, -3));
  const [high, low] = [bytes.at(-3) ?? 0, bytes.at(-2) ?? 0];
  const fits = (char: number, half: number): boolean =>
    char === 0x30 + half || String.fromCharCode(char).toLowerCase() === half.toString(16);
  return fits(high, check >> 4) && fits(low, check & 15);
};

/** BCC of the CAS ECR form: over the ten characters, with or without SOH and STX. */
const ecr: ChecksumRule = (frame) => {
  const bytes = seven(frame);
  return frame.length !== 15 || (xor(bytes.subarray(2, 12)) ^ (bytes[12] ?? 0)) <= 3;
};

/** LIS01-A2 section 6.3.1.6: sum of the frame number to ETX or ETB, two hexadecimal digits. */
const lis: ChecksumRule = (frame) => {
  const bytes = frame[0] === 0x02 || frame[0] === 0x82 ? frame : new Uint8Array();
  const end = bytes.findLastIndex((byte) => (byte & 0x7f) === 0x03 || (byte & 0x7f) === 0x17);
  const said = Number.parseInt(textOf(seven(bytes.subarray(end + 1, end + 3))), 16);
  return (
    end > 0 && [sum(bytes.subarray(1, end + 1)) & 0xff, sum(seven(bytes.subarray(1, end + 1))) & 0xff].includes(said)
  );
};

const dy03ff: ChecksumRule = (frame) =>
  xor(frame.subarray(0, 10)) === frame[10] && xor(frame.subarray(12)) === frame[11];

/** Rules of the families whose frames carry a checksum; those with an optional one are checked when it is there. */
export const checksumRules: Readonly<Record<string, ChecksumRule>> = {
  "mt-continuous": (frame) => {
    const isChecked = [12, 18].includes(frame.length) && ((frame.at(-1) ?? 0) & 0x7f) !== 0x0a;
    return !isChecked || sum(frame) % 128 === 0;
  },
  "mt-extended": (frame) => frame.length !== 25 || ((frame.at(-1) ?? 0) & 0x7f) === 0x0a || sum(frame) % 128 === 0,
  "yaohua-a9": (frame) => nibbles(frame, 1),
  "yaohua-command": (frame) => nibbles(frame, 1),
  "yaohua-a12e": (frame) =>
    Number.parseInt(textOf(seven(frame.subarray(11, 13))), 16) === xor(seven(frame.subarray(0, 11))),
  "cas-ecr": ecr,
  "aclas-os2": ecr,
  lis: (frame) => frame.length === 1 || lis(frame),
  "lz-4000t": envelope7e,
  "tl-310": envelope7e,
  "dy-03ff": dy03ff,
};
