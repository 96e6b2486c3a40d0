import type { DiscardReason } from "../devices/device-event.ts";
import type { FrameGrammar, FrameVerdict, FrameView } from "./frame-decoder.ts";

/** What a line is known to be before it is read. */
export interface LinePlace {
  /** True when the byte before it ended a line, so that nothing of it can be missing. */
  readonly afterLine: boolean;
  /** True when nothing was discarded since the last line that was understood. */
  readonly clean: boolean;
}

/** One family's lines of text. */
export interface LineRules<Event extends object> {
  /** Longest line, its end included. */
  readonly maxLineBytes: number;
  /** True when a line may begin with this byte (parity masked unless `eightBit`). */
  isStart(byte: number): boolean;
  /** Bit 7 belongs to the text. */
  readonly eightBit?: boolean;
  /**
   * True: a line is taken or discarded as a whole, because part of one would pass for another (no header to hold on to).
   * False: a line that begins inside a broken one gets its chance.
   */
  readonly wholeLines: boolean;
  /** Nothing came before the first byte: it begins a line. */
  readonly atRest?: boolean;
  /** A line proves by itself that it is whole (a check digit): one without an end is taken when no more bytes come. */
  readonly provesItself?: boolean;
  /** The event in a line (its end removed), or why it is none. */
  read(text: string, raw: Uint8Array, place: LinePlace): Event | DiscardReason;
}

const [cr, lf] = [0x0d, 0x0a];

const textOf = (bytes: Uint8Array): string => {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
};

/** Where the line's text ends and where its end (CR, LF or CR LF) does; undefined: not yet. */
const endOf = (bytes: Uint8Array, view: FrameView): { readonly text: number; readonly line: number } | undefined => {
  for (let at = 1; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === lf) return { text: at, line: at + 1 };
    if (byte !== cr) continue;
    const next = bytes[at + 1];
    if (next === undefined && !view.ended) return undefined;
    return { text: at, line: next === lf ? at + 2 : at + 1 };
  }
  return undefined;
};

/** Where a line begins inside one that was not understood (it was cut off by the next), -1 when none does. */
const innerLine = <Event extends object>(rules: LineRules<Event>, text: Uint8Array, window: Uint8Array): number => {
  for (let at = 1; at < text.length; at++) {
    if (!rules.isStart(text[at] ?? 0)) continue;
    const read = rules.read(textOf(text.subarray(at)), window.subarray(at), { afterLine: false, clean: false });
    if (typeof read !== "string") return at;
  }
  return -1;
};

/** A printable character, a tab, or (eight bits) any byte of a multi-byte character. */
const isText = (byte: number): boolean => (byte >= 0x20 && byte !== 0x7f) || byte === 0x09;

/**
 * Framing of lines that end with CR LF, CR or LF. A line that ends with a lone CR is known to be over when the next byte
 * comes or the line falls quiet. Control characters inside a line make it none.
 */
export const createLineGrammar = <Event extends object>(rules: LineRules<Event>): FrameGrammar<Event> => {
  let afterLine = rules.atRest === true;
  const mask = rules.eightBit === true ? 0xff : 0x7f;

  const reject = (length: number, reason: DiscardReason, whole: boolean): FrameVerdict<Event> => ({
    kind: "reject",
    length,
    reason,
    whole,
  });

  const readUnended = (text: Uint8Array, window: Uint8Array): Event | undefined => {
    const read = rules.read(textOf(text), window.slice(), { afterLine, clean: true });
    return typeof read === "string" ? undefined : read;
  };

  const examine = (window: Uint8Array, view: FrameView): FrameVerdict<Event> => {
    const bytes = window.map((byte) => byte & mask);
    const end = endOf(bytes, view);
    const text = bytes.subarray(0, end?.text ?? bytes.length);
    const broken = text.subarray(0, rules.maxLineBytes).findIndex((byte, at) => at > 0 && !isText(byte) && byte !== cr);
    if (broken >= 0) {
      afterLine = false;
      return reject(Math.max(1, broken), "bad-field", false);
    }
    if (end === undefined || end.line > rules.maxLineBytes) {
      const room = bytes.at(-1) === cr ? rules.maxLineBytes + 1 : rules.maxLineBytes;
      if (bytes.length < room && !view.ended) return { kind: "more" };
      const unended = view.ended && rules.provesItself === true ? readUnended(text, window) : undefined;
      if (unended !== undefined) return { kind: "accept", length: bytes.length, event: unended };
      afterLine = false;
      const tooLong = bytes.length >= rules.maxLineBytes;
      return reject(
        Math.min(bytes.length, rules.maxLineBytes),
        tooLong ? "bad-length" : "incomplete",
        rules.wholeLines,
      );
    }
    const read = rules.read(textOf(text), window.slice(0, end.line), { afterLine, clean: view.gap === 0 });
    if (typeof read !== "string") {
      afterLine = true;
      return { kind: "accept", length: end.line, event: read };
    }
    const inner = rules.wholeLines ? -1 : innerLine(rules, text, window);
    afterLine = inner < 0;
    return reject(inner < 0 ? end.line : inner, read, true);
  };

  return { isStart: (byte) => rules.isStart(byte & mask), examine };
};

/** Byte values of the characters of `text`, to be asked with `includes`. */
export const codesOf = (text: string): readonly number[] => Array.from(text, (char) => char.charCodeAt(0));
