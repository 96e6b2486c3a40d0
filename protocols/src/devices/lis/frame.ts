import { maskParity, sum8 } from "../../framing/checksums.ts";
import type { FrameGrammar, FrameVerdict } from "../../framing/frame-decoder.ts";
import type { ControlEvent } from "../device-event.ts";

/**
 * Link layer of LIS01-A2 (formerly ASTM E1381): `STX FN text ETX|ETB C1 C2 CR LF`, sections 6.3 and 6.4, and the control
 * characters between frames. Real instruments end frames with CR alone or LF alone, send more than the 240 characters
 * of section 6.3.1.2, and write the checksum in lower case; all of that is accepted.
 */
export const stx = 0x02;
export const etx = 0x03;
export const eot = 0x04;
export const enq = 0x05;
const ack = 0x06;
export const cr = 0x0d;
export const lf = 0x0a;
const nak = 0x15;
export const etb = 0x17;

const controlNames = { [enq]: "ENQ", [eot]: "EOT", [ack]: "ACK", [nak]: "NAK" } as const;
const isControl = (byte: number): byte is keyof typeof controlNames => Object.hasOwn(controlNames, byte);

/** A frame as the link layer sees it; what it says is decided above. */
export interface LinkFrame {
  readonly event: "frame";
  readonly raw: Uint8Array;
  readonly frameNo: number;
  readonly final: boolean;
  readonly checksumOk: boolean;
  /** Bytes between frame number and ETX or ETB. */
  readonly text: Uint8Array;
}

type LinkEvent = LinkFrame | ControlEvent;

const hexValue = (byte: number): number => {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const folded = byte & 0xdf;
  return folded >= 0x41 && folded <= 0x46 ? folded - 0x37 : Number.NaN;
};

const more = { kind: "more" } as const;
const broken = (length: number, reason: "bad-length" | "bad-field"): FrameVerdict<never> => ({
  kind: "reject",
  length,
  reason,
  whole: false,
});

/**
 * Framing of the link layer. A frame's line end is CR LF, CR, LF or nothing: after the checksum, and after CR, the decoder
 * waits for the next byte or for the line to go quiet.
 */
export const createLinkGrammar = (sevenBit: boolean): FrameGrammar<LinkEvent> => {
  const plain = (byte: number): number => (sevenBit ? byte & 0x7f : byte);

  /** Where ETX or ETB stands, or the verdict. STX, ENQ, EOT may not stand in a text (LIS01-A2 section 6.4.1). */
  const endOf = (bytes: Uint8Array, from: number): number | FrameVerdict<LinkEvent> => {
    for (let at = Math.max(from, 1); at < bytes.length; at++) {
      const byte = plain(bytes[at] ?? 0);
      if (at === 1 && (byte < 0x30 || byte > 0x37)) {
        return broken(1, byte === stx || isControl(byte) || byte === etx ? "bad-length" : "bad-field");
      }
      if (byte === etx || byte === etb) return at;
      if (byte === stx || byte === enq || byte === eot) return broken(at, "bad-length");
    }
    return more;
  };

  /** Length of the whole frame whose checksum ends before `at`; undefined when the next byte must be awaited. */
  const lengthOf = (bytes: Uint8Array, at: number, ended: boolean): number | undefined => {
    const first = bytes[at];
    if (first === undefined) return ended ? at : undefined;
    if (plain(first) === lf) return at + 1;
    if (plain(first) !== cr) return at;
    const second = bytes[at + 1];
    if (second === undefined) return ended ? at + 1 : undefined;
    return plain(second) === lf ? at + 2 : at + 1;
  };

  const examine: FrameGrammar<LinkEvent>["examine"] = (window, { seen, ended }) => {
    const first = plain(window[0] ?? 0);
    if (isControl(first)) {
      return {
        kind: "accept",
        length: 1,
        event: { event: "control", raw: window.slice(0, 1), control: controlNames[first] },
      };
    }
    // The end may have been seen already while its line end was awaited: a few bytes are looked at again.
    const end = endOf(window, seen - 6);
    if (typeof end !== "number") return end;
    for (let at = end + 1; at < Math.min(end + 3, window.length); at++) {
      const byte = plain(window[at] ?? 0);
      if (byte === stx || isControl(byte)) return broken(at, "bad-length");
    }
    if (window.length < end + 3) return more;
    const length = lengthOf(window, end + 3, ended);
    if (length === undefined) return more;
    const body = window.slice(1, end + 1);
    const said = sevenBit ? maskParity(body) : body;
    const sent = hexValue(plain(window[end + 1] ?? 0)) * 16 + hexValue(plain(window[end + 2] ?? 0));
    const event: LinkFrame = {
      event: "frame",
      raw: window.slice(0, length),
      frameNo: plain(window[1] ?? 0) - 0x30,
      final: plain(window[end] ?? 0) === etx,
      checksumOk: sum8(said) === sent,
      text: said.subarray(1, -1),
    };
    return { kind: "accept", length, event };
  };

  return { isStart: (byte) => plain(byte) === stx || isControl(plain(byte)), examine };
};
