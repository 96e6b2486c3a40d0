import { maskParity, xor8 } from "../../framing/checksums.ts";
import {
  createFrameDecoder,
  type FrameGrammar,
  type FrameVerdict,
  maxDiscardBytes,
} from "../../framing/frame-decoder.ts";
import type { DeviceCodec, ReadingEvent } from "../device-event.ts";
import type { ReplyEvent, RequestEvent } from "../line-event.ts";
import { latin1, numberOf, readingWith } from "../reading.ts";

type Event = ReadingEvent | RequestEvent | ReplyEvent;

/** 02, address, command, [sign 6 digits decimals | five characters], XOR high, XOR low, 03. XK3190-A9+ manual p. 11. */
const [bareBytes, textBytes, weightBytes] = [6, 11, 14];
const [stx, etx] = [0x02, 0x03];

/** What the host asks with a command letter; A9+ and A23p use E and F for different things. */
const meanings: Readonly<Record<string, string>> = {
  A: "handshake",
  B: "gross-weight",
  C: "tare-weight",
  D: "net-weight",
  E: "unit-price-or-truck",
  F: "amount-or-cargo",
};
const modes: Readonly<Record<string, ReadingEvent["mode"]>> = { B: "gross", C: "tare", D: "net" };

/** '0'-'9', 'A'-'F' (37h + nibble) or ':'-'?' (30h + nibble, other firmwares); NaN for anything else. */
const nibbleOf = (byte: number): number => {
  if (byte >= 0x30 && byte <= 0x3f) return byte - 0x30;
  const upper = byte & 0xdf;
  return byte >= 0x41 && upper >= 0x41 && upper <= 0x46 ? upper - 0x37 : Number.NaN;
};

const sumFits = (frame: Uint8Array): boolean => {
  const [high = 0, low = 0] = frame.subarray(frame.length - 3);
  return nibbleOf(high) * 16 + nibbleOf(low) === xor8(frame.subarray(1, frame.length - 3));
};

const isLetter = (byte: number): boolean => byte >= 0x41 && byte <= 0x5a;
const isStart = (byte: number): boolean => (byte & 0x7f) === stx;

/** Length of the frame by what stands where; undefined when more bytes are needed. */
const lengthOf = (bytes: Uint8Array): number | undefined => {
  const [, , , first, , last] = bytes;
  if (first === undefined) return undefined;
  if (first === 0x2b || first === 0x2d) return weightBytes;
  if (last === undefined) return undefined;
  return last === etx ? bareBytes : textBytes;
};

/** Place of the first byte that may not stand there, -1 when all may. */
const wrongPlace = (bytes: Uint8Array, length: number): number =>
  bytes.findIndex((byte, at) => {
    if (at === 0) return byte !== stx;
    if (at <= 2) return !isLetter(byte);
    if (at === length - 1) return byte !== etx;
    if (at >= length - 3) return Number.isNaN(nibbleOf(byte));
    if (length !== weightBytes) return byte < 0x20;
    if (at === 3) return byte !== 0x2b && byte !== 0x2d;
    return byte < 0x30 || byte > (at === 10 ? 0x34 : 0x39);
  });

const eventOf = (text: string, raw: Uint8Array): Event => {
  const command = text.charAt(2);
  const meaning = meanings[command] ?? "other";
  if (raw.length === bareBytes) return { event: "request", raw, meaning, detail: text.charAt(1) };
  if (raw.length === textBytes) return { event: "reply", raw, meaning, detail: text.slice(3, 8) };
  const value = numberOf(text.slice(4, 10), Number(text.charAt(10)), text.charAt(3) === "-");
  const mode = modes[command];
  return mode === undefined ? { event: "reply", raw, meaning, detail: value } : readingWith(raw, { value, mode });
};

const grammar: FrameGrammar<Event> = {
  isStart,
  examine: (window, { ended }): FrameVerdict<Event> => {
    const bytes = maskParity(window.subarray(0, weightBytes));
    const length = lengthOf(bytes);
    const wrong = wrongPlace(bytes.subarray(0, length ?? 5), length ?? weightBytes + 9);
    if (wrong >= 0) {
      const again = bytes[wrong] === stx;
      return {
        kind: "reject",
        length: again ? wrong : wrong + 1,
        reason: again ? "bad-length" : "bad-field",
        whole: true,
      };
    }
    if (length === undefined || bytes.length < length) {
      return ended ? { kind: "reject", length: bytes.length, reason: "incomplete", whole: true } : { kind: "more" };
    }
    const frame = bytes.subarray(0, length);
    if (!sumFits(frame)) return { kind: "reject", length, reason: "bad-checksum", whole: true };
    return { kind: "accept", length, event: eventOf(latin1(frame), window.slice(0, length)) };
  },
};

/**
 * Yaohua XK3190 command mode (A9+, A23p; menu tF = 1). A bare frame is a request; the answer to a handshake has the same
 * bytes. Neither unit nor stability is sent. The parity bit is masked.
 */
export const yaohuaCommand: DeviceCodec = {
  id: "yaohua-command",
  displayName: { zh: "耀华 XK3190 指令方式", en: "Yaohua XK3190 command mode" },
  deviceClass: "scale",
  maxPendingBytes: weightBytes + maxDiscardBytes,
  createDecoder: () => createFrameDecoder(grammar, weightBytes),
};
