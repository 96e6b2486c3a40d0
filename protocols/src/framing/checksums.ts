/** Sum of `bytes` modulo 256. */
export const sum8 = (bytes: Uint8Array): number => {
  let sum = 0;
  for (const byte of bytes) sum = (sum + byte) & 0xff;
  return sum;
};

/** Exclusive or of `bytes`. */
export const xor8 = (bytes: Uint8Array): number => {
  let all = 0;
  for (const byte of bytes) all ^= byte;
  return all;
};

/** `bytes` without their parity bit: what a 7-bit line looks like through a port opened with 8 bits. */
export const maskParity = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => {
  const masked = new Uint8Array(bytes.length);
  for (let at = 0; at < bytes.length; at++) masked[at] = (bytes[at] ?? 0) & 0x7f;
  return masked;
};

/** CRC-8 with polynomial 31h, initial value 00, no reflection, no final exclusive or. */
export const crc8 = (bytes: Uint8Array): number => {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ ((crc & 0x80) === 0 ? 0 : 0x31)) & 0xff;
  }
  return crc;
};

/** What each byte does to a CRC-16 of Modbus. */
const crc16Table = Uint16Array.from({ length: 256 }, (_unused, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 0 ? crc >> 1 : (crc >> 1) ^ 0xa001;
  return crc;
});

/** CRC-16 of Modbus: polynomial A001h (reflected), initial value FFFFh; sent low byte first. */
export const crc16Modbus = (bytes: Uint8Array): number => {
  let crc = 0xffff;
  for (const byte of bytes) crc = (crc >> 8) ^ (crc16Table[(crc ^ byte) & 0xff] ?? 0);
  return crc;
};
