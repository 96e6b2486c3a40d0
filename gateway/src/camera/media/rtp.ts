/** A packet of a stream (RFC 3550 §5.1). `payload` is a view into what came in. */
export interface RtpPacket {
  readonly payloadType: number;
  readonly marker: boolean;
  readonly sequence: number;
  readonly timestamp: number;
  readonly payload: Uint8Array;
}

const headerBytes = 12;

const u16 = (bytes: Uint8Array, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

/** Reads a packet: padding, extension and contributing sources are passed over. Undefined for what is none. */
export const readRtp = (bytes: Uint8Array): RtpPacket | undefined => {
  const [first = 0, second = 0] = bytes;
  if (bytes.length < headerBytes || first >> 6 !== 2) return undefined;
  let start = headerBytes + 4 * (first & 0x0f);
  let end = bytes.length;
  if ((first & 0x10) !== 0) {
    if (start + 4 > end) return undefined;
    start += 4 + 4 * u16(bytes, start + 2);
  }
  if ((first & 0x20) !== 0) end -= bytes[end - 1] ?? 0;
  if (start > end) return undefined;
  return {
    payloadType: second & 0x7f,
    marker: (second & 0x80) !== 0,
    sequence: u16(bytes, 2),
    timestamp: ((u16(bytes, 4) << 16) | u16(bytes, 6)) >>> 0,
    payload: bytes.subarray(start, end),
  };
};

/** How far `to` lies behind `from` in numbers that wrap at 2^16: -32768 to 32767. */
export const sequenceDistance = (from: number, to: number): number => ((to - from) << 16) >> 16;

/** The same for time stamps, which wrap at 2^32. */
export const timestampDistance = (from: number, to: number): number => (to - from) | 0;
