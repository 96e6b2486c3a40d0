import { concat } from "../bytes/bytes.ts";
import { createByteQueue } from "./byte-queue.ts";
import type { DiscardedEvent, DiscardReason } from "./discarded-event.ts";

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
export const maxDiscardBytes = 256;

/** Where events go. */
interface EventSink {
  push(event: DiscardedEvent): unknown;
}

/** Collects bytes that are part of no frame into events of bounded size. */
const createDiscardRun = () => {
  const store = new Uint8Array(maxDiscardBytes);
  let length = 0;
  let reason: DiscardReason = "noise";

  const flush = (out: EventSink) => {
    if (length > 0) out.push({ event: "discarded", bytes: store.slice(0, length), reason });
    length = 0;
    reason = "noise";
  };

  const add = (bytes: Uint8Array, out: EventSink) => {
    for (let at = 0; at < bytes.length; ) {
      const piece = bytes.subarray(at, at + maxDiscardBytes - length);
      store.set(piece, length);
      length += piece.length;
      at += piece.length;
      if (length === maxDiscardBytes) flush(out);
    }
  };

  return {
    add,
    flush,
    bytes: () => store.subarray(0, length),
    because: (why: DiscardReason) => {
      reason = why;
    },
  };
};

/**
 * The one resynchronising frame decoder: looks for a start byte, lets the grammar decide, and shows every byte that is
 * part of no frame. It never holds more than `maxFrameBytes` plus one piece of noise.
 */
export const createFrameDecoder = <Event>(
  grammar: FrameGrammar<Event>,
  maxFrameBytes: number,
): FrameDecoder<Event | DiscardedEvent> => {
  type Out = (Event | DiscardedEvent)[];
  const queue = createByteQueue();
  const noise = createDiscardRun();
  let seen = 0;
  let gap = 0;

  const take = (length: number): Uint8Array => {
    seen = 0;
    return queue.take(length);
  };

  const discard = (bytes: Uint8Array, out: Out) => {
    gap += bytes.length;
    noise.add(bytes, out);
  };

  const startFrom = (bytes: Uint8Array, from: number): number => {
    for (let at = from; at < bytes.length; at++) if (grammar.isStart(bytes[at] ?? 0)) return at;
    return -1;
  };

  /** Moves bytes that cannot start a frame to the noise; true when a start byte heads the queue. */
  const seekStart = (out: Out): boolean => {
    const at = startFrom(queue.view(), 0);
    if (at !== 0) discard(take(at < 0 ? queue.length : at), out);
    if (at >= 0) noise.flush(out);
    return at >= 0;
  };

  const reject = (length: number, reason: DiscardReason, whole: boolean, out: Out) => {
    if (whole) {
      const bytes = take(length);
      gap += bytes.length;
      out.push({ event: "discarded", bytes, reason });
      return;
    }
    // A start byte inside what failed may begin a good frame: it gets its own chance.
    const inner = startFrom(queue.view().subarray(0, length), 1);
    noise.because(reason);
    discard(take(inner < 0 ? length : inner), out);
  };

  /** Decides at the head of the queue; false when more bytes are needed. */
  const step = (ended: boolean, out: Out): boolean => {
    const verdict = grammar.examine(queue.view(), { seen, ended, gap });
    if (verdict.kind === "accept") {
      gap = 0;
      seen = 0;
      queue.skip(verdict.length);
      out.push(verdict.event);
      return true;
    }
    if (verdict.kind === "reject") {
      reject(verdict.length, verdict.reason, verdict.whole, out);
      return true;
    }
    if (queue.length >= maxFrameBytes) {
      reject(maxFrameBytes, "buffer-overflow", true, out);
      return true;
    }
    seen = queue.length;
    return false;
  };

  const drain = (out: Out) => {
    while (queue.length > 0 && seekStart(out) && step(false, out));
  };

  const push = (bytes: Uint8Array): Out => {
    const out: Out = [];
    // Cut into slices so that an overlong frame overflows at the same byte however the input arrives.
    for (let at = 0; at < bytes.length; ) {
      const piece = bytes.subarray(at, at + maxFrameBytes - queue.length);
      queue.append(piece);
      at += piece.length;
      drain(out);
    }
    return out;
  };

  const idle = (): Out => {
    const out: Out = [];
    noise.flush(out);
    if (queue.length > 0 && step(true, out)) drain(out);
    return out;
  };

  const end = (): Out => {
    const out: Out = [];
    while (queue.length > 0 && seekStart(out)) {
      if (step(true, out)) continue;
      const next = startFrom(queue.view(), 1);
      reject(next < 0 ? queue.length : next, "incomplete", true, out);
    }
    noise.flush(out);
    return out;
  };

  return { push, idle, end, pending: () => concat(noise.bytes(), queue.view()) };
};
