import { concat } from "../../bytes/bytes.ts";
import { xor8 } from "../../framing/checksums.ts";
import type { FrameGrammar } from "../../framing/frame-decoder.ts";
import { u16le } from "../tester-result.ts";

/**
 * Frame of the DY-3000, DY-6600 and DY-7200 food analysers: `03 FF CMD 00 P0 P1 P2 P3 LEN(2, low byte first) X1 X2` and data.
 * X1 is the exclusive or of bytes 0 to 9, X2 that of the data (00 without data). Source: the maker's data collection
 * software (github soldiers1989/UploadSoftWare, clsDY3000DY, DY6600).
 */
export const dyHeadBytes = 12;
/** Two items of 128 bytes are the longest data known; the rest is room. */
const maxDataBytes = 1024;
/** Longest frame. */
export const dyMaxFrameBytes = dyHeadBytes + maxDataBytes;

/** A frame whose two checks are right. */
export interface DyFrame {
  readonly command: number;
  /** P0 to P3. */
  readonly parameters: Uint8Array;
  readonly data: Uint8Array;
  readonly raw: Uint8Array;
}

/** A frame with its checks. */
export const encodeDyFrame = (
  command: number,
  parameters: readonly number[],
  data: Uint8Array = new Uint8Array(0),
): Uint8Array<ArrayBuffer> => {
  const head = Uint8Array.from([0x03, 0xff, command, 0, ...parameters, data.length & 0xff, data.length >> 8]);
  return concat(head, Uint8Array.of(xor8(head), xor8(data)), data);
};

/** Frames by LEN: data may hold 03 FF. */
export const createDyGrammar = <Event>(read: (frame: DyFrame) => Event): FrameGrammar<Event> => ({
  isStart: (byte) => byte === 0x03,
  examine: (window) => {
    if (window.length > 1 && window[1] !== 0xff) {
      return { kind: "reject", length: 1, reason: "bad-field", whole: false };
    }
    if (window.length < dyHeadBytes) return { kind: "more" };
    if (xor8(window.subarray(0, 10)) !== window[10]) {
      return { kind: "reject", length: dyHeadBytes, reason: "bad-checksum", whole: false };
    }
    const length = dyHeadBytes + u16le(window, 8);
    if (length > dyMaxFrameBytes) return { kind: "reject", length: dyHeadBytes, reason: "bad-length", whole: false };
    if (window.length < length) return { kind: "more" };
    const raw = window.slice(0, length);
    const data = raw.subarray(dyHeadBytes);
    if (xor8(data) !== raw[11]) return { kind: "reject", length, reason: "bad-checksum", whole: false };
    const event = read({ command: raw[2] ?? 0, parameters: raw.subarray(4, 8), data, raw });
    return { kind: "accept", length, event };
  },
});
