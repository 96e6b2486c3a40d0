/** A packet of a stream (RFC 3550 §5.1). Its payload lies in `bytes` from `start` to `end`; nothing is copied. */
export interface RtpPacket {
  readonly payloadType: number;
  readonly marker: boolean;
  readonly sequence: number;
  readonly timestamp: number;
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

const headerBytes = 12;

const u16 = (bytes: Buffer, at: number): number => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);

/**
 * Reads the packet that lies in `bytes` from `from` to `to`: padding, extension and contributing sources are passed over.
 * Undefined for what is none.
 */
export const readRtp = (bytes: Buffer, from = 0, to = bytes.length): RtpPacket | undefined => {
  const first = bytes[from] ?? 0;
  if (to - from < headerBytes || first >> 6 !== 2) return undefined;
  let start = from + headerBytes + 4 * (first & 0x0f);
  let end = to;
  if ((first & 0x10) !== 0) {
    if (start + 4 > end) return undefined;
    start += 4 + 4 * u16(bytes, start + 2);
  }
  if ((first & 0x20) !== 0) end -= bytes[end - 1] ?? 0;
  if (start > end) return undefined;
  const second = bytes[from + 1] ?? 0;
  return {
    payloadType: second & 0x7f,
    marker: (second & 0x80) !== 0,
    sequence: u16(bytes, from + 2),
    timestamp: ((u16(bytes, from + 4) << 16) | u16(bytes, from + 6)) >>> 0,
    bytes,
    start,
    end,
  };
};

/** How far `to` lies behind `from` in numbers that wrap at 2^16: -32768 to 32767. */
export const sequenceDistance = (from: number, to: number): number => ((to - from) << 16) >> 16;

/** The same for time stamps, which wrap at 2^32. */
export const timestampDistance = (from: number, to: number): number => (to - from) | 0;
