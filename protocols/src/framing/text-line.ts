import type { DiscardReason } from "./discarded-event.ts";
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

/** Bytes as characters of the same code, the bits outside `mask` taken off. */
const textOf = (bytes: Uint8Array, from: number, to: number, mask: number): string => {
  let text = "";
  for (let at = from; at < to; at++) text += String.fromCharCode((bytes[at] ?? 0) & mask);
  return text;
};

/** A printable character, a tab, or (eight bits) any byte of a multi-byte character. */
const isText = (byte: number): boolean => (byte >= 0x20 && byte !== 0x7f) || byte === 0x09;

/** What stands at the end of a line's text. */
type LineEnd =
  | { readonly kind: "line"; readonly text: number; readonly line: number }
  /** A control character: this is no line. */
  | { readonly kind: "broken"; readonly text: number }
  | { readonly kind: "none" };

const none: LineEnd = { kind: "none" };

/** Looks for the line's end (CR, LF or CR LF) behind what was `seen`; a CR at the very end may have its LF to come. */
const endOf = (bytes: Uint8Array, mask: number, maxBytes: number, { seen, ended }: FrameView): LineEnd => {
  for (let at = Math.max(1, seen - 1); at < bytes.length; at++) {
    const byte = (bytes[at] ?? 0) & mask;
    if (byte === lf) return { kind: "line", text: at, line: at + 1 };
    if (byte === cr) {
      const next = at + 1 < bytes.length ? (bytes[at + 1] ?? 0) & mask : undefined;
      if (next === undefined && !ended) return none;
      return { kind: "line", text: at, line: next === lf ? at + 2 : at + 1 };
    }
    if (at < maxBytes && !isText(byte)) return { kind: "broken", text: at };
  }
  return none;
};

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

  /** Where a line begins inside one that was not understood (it was cut off by the next), -1 when none does. */
  const innerLine = (window: Uint8Array, end: { readonly text: number; readonly line: number }): number => {
    for (let at = 1; at < end.text; at++) {
      if (!rules.isStart((window[at] ?? 0) & mask)) continue;
      const text = textOf(window, at, end.text, mask);
      const read = rules.read(text, window.subarray(at, end.line), { afterLine: false, clean: false });
      if (typeof read !== "string") return at;
    }
    return -1;
  };

  /** No end yet: too long, or more is to come, or the line proves by itself that it is whole. */
  const unended = (window: Uint8Array, view: FrameView): FrameVerdict<Event> => {
    const last = (window[window.length - 1] ?? 0) & mask;
    const room = last === cr ? rules.maxLineBytes + 1 : rules.maxLineBytes;
    if (window.length < room && !view.ended) return { kind: "more" };
    if (view.ended && rules.provesItself === true) {
      const raw = window.slice();
      const read = rules.read(textOf(raw, 0, raw.length, mask), raw, { afterLine, clean: true });
      if (typeof read !== "string") return { kind: "accept", length: raw.length, event: read };
    }
    afterLine = false;
    const tooLong = window.length >= rules.maxLineBytes;
    return reject(Math.min(window.length, rules.maxLineBytes), tooLong ? "bad-length" : "incomplete", rules.wholeLines);
  };

  const examine = (window: Uint8Array, view: FrameView): FrameVerdict<Event> => {
    const end = endOf(window, mask, rules.maxLineBytes, view);
    if (end.kind === "broken") {
      afterLine = false;
      return reject(end.text, "bad-field", false);
    }
    if (end.kind === "none" || end.line > rules.maxLineBytes) return unended(window, view);
    const place = { afterLine, clean: view.gap === 0 };
    const read = rules.read(textOf(window, 0, end.text, mask), window.slice(0, end.line), place);
    if (typeof read !== "string") {
      afterLine = true;
      return { kind: "accept", length: end.line, event: read };
    }
    const inner = rules.wholeLines ? -1 : innerLine(window, end);
    afterLine = inner < 0;
    return reject(inner < 0 ? end.line : inner, read, true);
  };

  return { isStart: (byte) => rules.isStart(byte & mask), examine };
};

/** Byte values of the characters of `text`, to be asked with `includes`. */
export const codesOf = (text: string): readonly number[] => Array.from(text, (char) => char.charCodeAt(0));
