import { crc32 } from "node:zlib";
import { maxRecordBytes } from "@mingcheng/protocols";

/** What a frame holds. */
export const frameTypes = { lineOpen: 1, record: 2, seal: 3 } as const;
export type FrameType = (typeof frameTypes)[keyof typeof frameTypes];

/** Every frame starts with it, at an offset divisible by 8. */
export const frameMagic = Buffer.from("MCF1");
const magicNumber = 0x4d434631;

/**
 * Bytes before the payload: magic 0-3, CRC-32 4-7 (over 8 to the end of the payload), type 8, flags 9, zero 10-11,
 * payload length 12-15, eid 16-31, hash 32-63, ep 64-71, seq 72-79. Integers big-endian. `hash` is h(seq-1) for a
 * record and a line-open, h(seq) for a seal.
 */
export const frameHeaderBytes = 80;
const urgentFlag = 0x01;

/** Size of a frame with its padding to a multiple of 8. */
export const frameBytes = (payloadBytes: number): number => (frameHeaderBytes + payloadBytes + 7) & ~7;

/** The largest frame there is. */
export const maxFrameBytes = frameBytes(maxRecordBytes);

/** What a frame says besides its payload. */
export interface FrameHead {
  readonly type: FrameType;
  readonly urgent: boolean;
  readonly ep: number;
  /** 16 octets. */
  readonly eid: Uint8Array;
  readonly seq: number;
  /** 32 octets. */
  readonly hash: Uint8Array;
}

/** Writes a frame at `at` and returns its size. `into` must have room for it. */
export const writeFrame = (into: Buffer, at: number, head: FrameHead, payload: Uint8Array): number => {
  const size = frameBytes(payload.length);
  into.writeUInt32BE(magicNumber, at);
  into[at + 8] = head.type;
  into[at + 9] = head.urgent ? urgentFlag : 0;
  into[at + 10] = 0;
  into[at + 11] = 0;
  into.writeUInt32BE(payload.length, at + 12);
  into.set(head.eid, at + 16);
  into.set(head.hash, at + 32);
  writeInteger(into, head.ep, at + 64);
  writeInteger(into, head.seq, at + 72);
  into.set(payload, at + frameHeaderBytes);
  const end = at + frameHeaderBytes + payload.length;
  into.fill(0, end, at + size);
  into.writeUInt32BE(crc32(into.subarray(at + 8, end)), at + 4);
  return size;
};

const writeInteger = (into: Buffer, value: number, at: number): void => {
  into.writeUInt32BE(Math.floor(value / 0x1_0000_0000), at);
  into.writeUInt32BE(value >>> 0, at + 4);
};

const readInteger = (from: Buffer, at: number): number =>
  from.readUInt32BE(at) * 0x1_0000_0000 + from.readUInt32BE(at + 4);

/**
 * Size of the intact frame at `at`; 0 when there is none; -1 when `end` comes before one can be told.
 */
export const checkFrame = (from: Buffer, at: number, end: number): number => {
  if (end - at < 4) return -1;
  if (from.readUInt32BE(at) !== magicNumber) return 0;
  if (end - at < frameHeaderBytes) return -1;
  const length = from.readUInt32BE(at + 12);
  const type = from[at + 8] ?? 0;
  if (length > maxRecordBytes || type < frameTypes.lineOpen || type > frameTypes.seal) return 0;
  const size = frameBytes(length);
  // The padding may be missing at the very end of a cut file: it says nothing.
  if (end - at < frameHeaderBytes + length) return -1;
  if (crc32(from.subarray(at + 8, at + frameHeaderBytes + length)) !== from.readUInt32BE(at + 4)) return 0;
  return seqAt(from, at) > Number.MAX_SAFE_INTEGER || epAt(from, at) > Number.MAX_SAFE_INTEGER ? 0 : size;
};

/** Type of the intact frame at `at`. The other readers below are the same for its other fields; views, not copies. */
export const typeAt = (from: Buffer, at: number): FrameType => from[at + 8] as FrameType;
export const isUrgentAt = (from: Buffer, at: number): boolean => ((from[at + 9] ?? 0) & urgentFlag) !== 0;
export const eidAt = (from: Buffer, at: number): Buffer => from.subarray(at + 16, at + 32);
export const hashFieldAt = (from: Buffer, at: number): Buffer => from.subarray(at + 32, at + 64);
export const epAt = (from: Buffer, at: number): number => readInteger(from, at + 64);
export const seqAt = (from: Buffer, at: number): number => readInteger(from, at + 72);
export const payloadAt = (from: Buffer, at: number): Buffer =>
  from.subarray(at + frameHeaderBytes, at + frameHeaderBytes + from.readUInt32BE(at + 12));
