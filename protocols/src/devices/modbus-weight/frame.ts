import { crc16Modbus } from "../../framing/checksums.ts";

/** One Modbus message, RTU or TCP. Modbus over Serial Line V1.02; Modbus Messaging on TCP/IP V1.0b. */
export interface ModbusMessage {
  readonly address: number;
  readonly function: number;
  /** What follows the function code, CRC removed. */
  readonly data: Uint8Array;
  readonly length: number;
}

/** Longest message looked for: nobody needs more of a scale. */
export const maxMessageBytes = 72;

const isFunction = (code: number | undefined): boolean => {
  const plain = code === undefined ? 0 : code & 0x7f;
  return plain === 3 || plain === 4 || plain === 6 || plain === 16;
};
const maxAddress = 247;

/**
 * Lengths an RTU message may have, by its function code, in the order they are tried. The answer comes before the request:
 * an answer whose CRC ends with 00h also fits one byte short of its end.
 */
const rtuLengths = (bytes: Uint8Array): readonly number[] => {
  const [, code = 0, count = 0] = bytes;
  if ((code & 0x80) !== 0) return [5];
  if (code === 6) return [8];
  if (code === 16) {
    // A request says how much it writes twice, in words and in bytes: where they differ it is none.
    const [words, written] = [((bytes[4] ?? 0) << 8) | (bytes[5] ?? 0), bytes[6] ?? 0];
    const isRequest = bytes.length < 7 || (written === 2 * words && 9 + written <= maxMessageBytes);
    return isRequest ? [8, 9 + written] : [8];
  }
  return count > 0 && count % 2 === 0 && 5 + count <= maxMessageBytes ? [5 + count, 8] : [8];
};

const crcFits = (message: Uint8Array): boolean => {
  const crc = crc16Modbus(message.subarray(0, message.length - 2));
  return message[message.length - 2] === (crc & 0xff) && message[message.length - 1] === crc >> 8;
};

const mayBeRtu = (bytes: Uint8Array): boolean => {
  const [address = 0, code] = bytes;
  return address >= 1 && address <= maxAddress && (code === undefined || isFunction(code));
};

/** True for transaction, protocol 0, a short length, unit and a function code whose length fits. */
const mayBeTcp = (bytes: Uint8Array): boolean =>
  (bytes[2] ?? 0) === 0 &&
  (bytes[3] ?? 0) === 0 &&
  (bytes[4] ?? 0) === 0 &&
  (bytes[5] === undefined || (bytes[5] >= 3 && bytes[5] <= maxMessageBytes - 6)) &&
  (bytes[7] === undefined || isFunction(bytes[7]));

const tcpBodyFits = (code: number, length: number, count: number): boolean => {
  if ((code & 0x80) !== 0) return length === 3;
  if (code === 3 || code === 4) return length === 6 || length === 3 + count;
  return code === 6 ? length === 6 : length === 6 || length === 7 + count;
};

/** What the head of a window is: a message, nothing, or undefined while more bytes are needed (none come when `ended`). */
export const messageAt = (bytes: Uint8Array, ended: boolean): ModbusMessage | null | undefined => {
  let waiting = false;
  if (mayBeRtu(bytes)) {
    if (bytes.length < 3) waiting = true;
    for (const length of bytes.length < 3 ? [] : rtuLengths(bytes)) {
      if (bytes.length < length) {
        if (ended) continue;
        waiting = true;
        break;
      }
      const message = bytes.subarray(0, length);
      if (!crcFits(message)) continue;
      return { address: bytes[0] ?? 0, function: bytes[1] ?? 0, data: message.slice(2, -2), length };
    }
  }
  if (mayBeTcp(bytes)) {
    const length = 6 + (bytes[5] ?? 0);
    if (bytes.length < 9) return undefined;
    if (tcpBodyFits(bytes[7] ?? 0, length - 6, bytes[8] ?? 0)) {
      if (bytes.length < length) return undefined;
      if (!waiting) return { address: bytes[6] ?? 0, function: bytes[7] ?? 0, data: bytes.slice(8, length), length };
    }
  }
  return waiting ? undefined : null;
};

/** No prefix shorter than this is decided: the RTU message that it may be is longer. */
export const undecidedBelow = (bytes: Uint8Array): number =>
  bytes.length >= 3 && bytes[1] !== 16 && mayBeRtu(bytes) ? (rtuLengths(bytes)[0] ?? 1) : 1;

/** Bytes at the head that can begin no message, at least one; looks no further than a message is long. */
export const hopelessBytes = (bytes: Uint8Array): number => {
  const limit = Math.min(bytes.length, 8);
  for (let at = 1; at < limit; at++) {
    const rest = bytes.subarray(at, limit);
    if (mayBeRtu(rest) || mayBeTcp(rest)) return at;
  }
  return Math.max(1, limit);
};

/** A read request as an RTU message. */
export const rtuRead = (address: number, code: 3 | 4, register: number, words: number): Uint8Array<ArrayBuffer> => {
  const body = Uint8Array.of(address, code, register >> 8, register & 0xff, words >> 8, words & 0xff);
  const crc = crc16Modbus(body);
  return Uint8Array.from([...body, crc & 0xff, crc >> 8]);
};

/** The same as a TCP message. */
export const tcpRead = (address: number, code: 3 | 4, register: number, words: number): Uint8Array<ArrayBuffer> =>
  Uint8Array.of(0, 1, 0, 0, 0, 6, address, code, register >> 8, register & 0xff, words >> 8, words & 0xff);
