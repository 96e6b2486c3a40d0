import { concat } from "../bytes/bytes.ts";
import { crc8 } from "../framing/checksums.ts";
import type { FrameGrammar } from "../framing/frame-decoder.ts";

/**
 * The envelope of the LZ and TL pesticide meters: `7E CMD LEN(2, low byte first) DATA CRC8 AA`, the CRC over CMD to DATA.
 * Source: the maker's data collection software (github soldiers1989/UploadSoftWare).
 */
const head = 0x7e;
const tail = 0xaa;
/** Everything around DATA. */
const frameBytes = 6;

/** A frame as the envelope's rules say; for requests, and for what a simulated meter answers. */
export const encodeEnvelope = (command: number, data: ArrayLike<number>): Uint8Array<ArrayBuffer> => {
  const summed = Uint8Array.from([command, data.length & 0xff, data.length >> 8, ...Array.from(data)]);
  return concat(Uint8Array.of(head), summed, Uint8Array.of(crc8(summed), tail));
};

/** One family's frames. */
export interface EnvelopeRules<Event> {
  /** Bytes of DATA by command: every command has one length. `undefined`: no command of this family. */
  dataBytes(command: number): number | undefined;
  /** What a frame with a good CRC says. */
  read(command: number, data: Uint8Array, raw: Uint8Array): Event;
}

/**
 * Frames by the length that the command has, never by looking for AA: data may hold 7E and AA. A second 7E before the
 * command is tolerated (the meters send one now and then).
 */
export const createEnvelopeGrammar = <Event>(rules: EnvelopeRules<Event>): FrameGrammar<Event> => ({
  isStart: (byte) => byte === head,
  examine: (window) => {
    const command = window[1];
    if (command === undefined) return { kind: "more" };
    const data = rules.dataBytes(command);
    if (data === undefined) return { kind: "reject", length: 1, reason: "bad-field", whole: false };
    const length = data + frameBytes;
    if (window.length < length) return { kind: "more" };
    if (window[length - 1] !== tail) return { kind: "reject", length, reason: "bad-length", whole: false };
    if (crc8(window.subarray(1, length - 2)) !== window[length - 2]) {
      return { kind: "reject", length, reason: "bad-checksum", whole: true };
    }
    const raw = window.slice(0, length);
    return { kind: "accept", length, event: rules.read(command, raw.subarray(4, length - 2), raw) };
  },
});

/** Bytes of the longest frame of a family whose longest DATA has `dataBytes`. */
export const envelopeBytes = (dataBytes: number): number => dataBytes + frameBytes;
