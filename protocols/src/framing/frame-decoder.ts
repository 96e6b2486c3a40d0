import { concat } from "../bytes/bytes.ts";
import type { DiscardedEvent, DiscardReason } from "../devices/device-event.ts";

/** What a grammar makes of the bytes from a start byte on. */
export type FrameVerdict<Event> =
  /** Not decided yet: nothing so far contradicts a frame. */
  | { readonly kind: "more" }
  /** The first `length` bytes are a frame. */
  | { readonly kind: "accept"; readonly length: number; readonly event: Event }
  /** The first `length` bytes (at least one) are none; with `whole` they are one closed piece of damage. */
  | { readonly kind: "reject"; readonly length: number; readonly reason: DiscardReason; readonly whole: boolean };

/** What a grammar may know besides the bytes. */
export interface FrameView {
  /** Bytes already examined without a decision. */
  readonly seen: number;
  /** True when no byte can follow (end of input, or the line is quiet). */
  readonly ended: boolean;
  /** Bytes discarded since the last accepted frame. */
  readonly gap: number;
}

/** One protocol's rules of framing. Holds what it learned of this line; must not depend on how bytes are cut. */
export interface FrameGrammar<Event> {
  isStart(byte: number): boolean;
  examine(window: Uint8Array, view: FrameView): FrameVerdict<Event>;
}

/** A bounded decoder of one connection. */
export interface FrameDecoder<Event> {
  /** Events that these bytes complete. The sequence over all calls does not depend on how the bytes are cut. */
  push(bytes: Uint8Array): Event[];
  /** The line has been quiet: completes a frame that only awaited an optional last byte, and shows collected noise. */
  idle(): Event[];
  /** No more bytes will come: what is left becomes frames or is discarded as `incomplete`. */
  end(): Event[];
  /** Bytes not yet part of an event. */
  pending(): Uint8Array;
}

/** Noise is shown in pieces of this size at most. */
const maxDiscardBytes = 256;

/**
 * The one resynchronising frame decoder: looks for a start byte, lets the grammar decide, and shows every byte that is
 * part of no frame. Memory is bounded by `maxFrameBytes` plus the bytes of one push.
 */
export const createFrameDecoder = <Event>(
  grammar: FrameGrammar<Event>,
  maxFrameBytes: number,
): FrameDecoder<Event | DiscardedEvent> => {
  let run: Uint8Array = new Uint8Array(0);
  let runReason: DiscardReason = "noise";
  let buffer: Uint8Array = new Uint8Array(0);
  let seen = 0;
  let gap = 0;

  const flushRun = (out: (Event | DiscardedEvent)[]) => {
    if (run.length > 0) out.push({ event: "discarded", bytes: run, reason: runReason });
    run = new Uint8Array(0);
    runReason = "noise";
  };

  const take = (length: number): Uint8Array => {
    const head = buffer.slice(0, length);
    buffer = buffer.subarray(length);
    seen = 0;
    return head;
  };

  const discard = (bytes: Uint8Array, out: (Event | DiscardedEvent)[]) => {
    gap += bytes.length;
    for (let at = 0; at < bytes.length; ) {
      const piece = bytes.subarray(at, at + maxDiscardBytes - run.length);
      run = concat(run, piece);
      at += piece.length;
      if (run.length >= maxDiscardBytes) flushRun(out);
    }
  };

  /** Moves bytes that cannot start a frame into the run; true when a start byte heads the buffer. */
  const seekStart = (out: (Event | DiscardedEvent)[]): boolean => {
    const at = buffer.findIndex((byte) => grammar.isStart(byte));
    if (at !== 0) discard(take(at < 0 ? buffer.length : at), out);
    if (at >= 0) flushRun(out);
    return at >= 0;
  };

  const reject = (length: number, reason: DiscardReason, whole: boolean, out: (Event | DiscardedEvent)[]) => {
    if (whole) {
      const bytes = take(length);
      gap += bytes.length;
      out.push({ event: "discarded", bytes, reason });
      return;
    }
    // A start byte inside what failed may begin a good frame: it gets its own chance.
    const inner = buffer.subarray(0, length).findIndex((byte, index) => index > 0 && grammar.isStart(byte));
    runReason = reason;
    discard(take(inner < 0 ? length : inner), out);
  };

  /** Decides at the head of the buffer; false when more bytes are needed. */
  const step = (ended: boolean, out: (Event | DiscardedEvent)[]): boolean => {
    const verdict = grammar.examine(buffer, { seen, ended, gap });
    if (verdict.kind === "accept") {
      gap = 0;
      take(verdict.length);
      out.push(verdict.event);
      return true;
    }
    if (verdict.kind === "reject") {
      reject(verdict.length, verdict.reason, verdict.whole, out);
      return true;
    }
    if (buffer.length >= maxFrameBytes) {
      reject(maxFrameBytes, "buffer-overflow", true, out);
      return true;
    }
    seen = buffer.length;
    return false;
  };

  const drain = (out: (Event | DiscardedEvent)[]) => {
    while (buffer.length > 0 && seekStart(out) && step(false, out));
  };

  const push = (bytes: Uint8Array): (Event | DiscardedEvent)[] => {
    const out: (Event | DiscardedEvent)[] = [];
    // Cut into slices so that an overlong frame overflows at the same byte however the input arrives.
    for (let at = 0; at < bytes.length; ) {
      const piece = bytes.subarray(at, at + maxFrameBytes - buffer.length);
      buffer = concat(buffer, piece);
      at += piece.length;
      drain(out);
    }
    return out;
  };

  const idle = (): (Event | DiscardedEvent)[] => {
    const out: (Event | DiscardedEvent)[] = [];
    flushRun(out);
    if (buffer.length === 0) return out;
    const verdict = grammar.examine(buffer, { seen, ended: true, gap });
    if (verdict.kind === "more") return out;
    step(true, out);
    drain(out);
    return out;
  };

  const end = (): (Event | DiscardedEvent)[] => {
    const out: (Event | DiscardedEvent)[] = [];
    while (buffer.length > 0 && seekStart(out)) {
      if (step(true, out)) continue;
      const next = buffer.findIndex((byte, index) => index > 0 && grammar.isStart(byte));
      reject(next < 0 ? buffer.length : next, "incomplete", true, out);
    }
    flushRun(out);
    return out;
  };

  return { push, idle, end, pending: () => concat(run, buffer) };
};
