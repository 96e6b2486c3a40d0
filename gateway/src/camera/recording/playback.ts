import { open } from "node:fs/promises";
import { boxesOf } from "./boxes.ts";
import type { ChannelStore } from "./channel-store.ts";
import type { GapReason, Segment } from "./segment.ts";
import { timelineOf } from "./timeline.ts";

/** What a reviewer is sent, in the order of time. */
export type PlaybackPiece =
  /** What the player needs before the next fragments; `key` is its digest. */
  | { readonly type: "begin"; readonly bytes: Uint8Array; readonly key: string }
  /** Fragments of one segment; the first begins with a key frame. */
  | { readonly type: "segment"; readonly bytes: Uint8Array; readonly segment: Segment }
  /** No picture, and why. */
  | { readonly type: "gap"; readonly fromMs: number; readonly toMs: number; readonly reason: GapReason };

/** Reads a segment's file whole. @throws the system's error */
export const readSegment = async (store: ChannelStore, segment: Segment): Promise<Uint8Array> => {
  const file = await open(store.pathOf(segment), "r");
  try {
    const bytes = new Uint8Array(segment.bytes);
    const { bytesRead } = await file.read(bytes, 0, segment.bytes, 0);
    return bytes.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
};

const missing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "ENOENT";

/**
 * A channel's recording between two moments, segment by segment: gaps are said where they are, a new beginning where size or
 * codec changed. One segment is in memory at a time. What the ring deletes meanwhile is a gap.
 * @throws the system's error
 */
export const playback = async function* (
  store: ChannelStore,
  fromMs: number,
  toMs: number,
): AsyncGenerator<PlaybackPiece> {
  const { segments, gaps } = await store.between(fromMs, toMs);
  const holes = timelineOf(segments, gaps, { fromMs, toMs }).filter((stretch) => stretch.type === "gap");
  let begin: string | undefined;
  for (const segment of segments) {
    for (let hole = holes[0]; hole !== undefined && hole.fromMs < segment.startMs; hole = holes[0]) {
      yield hole;
      holes.shift();
    }
    let bytes: Uint8Array;
    try {
      bytes = await readSegment(store, segment);
    } catch (error) {
      if (!missing(error)) throw error;
      yield { type: "gap", fromMs: segment.startMs, toMs: segment.startMs + segment.durationMs, reason: "unknown" };
      continue;
    }
    if (segment.beginSha256 !== begin) {
      begin = segment.beginSha256;
      yield { type: "begin", bytes: bytes.subarray(0, segment.beginBytes), key: begin };
    }
    yield { type: "segment", bytes: bytes.subarray(segment.beginBytes), segment };
  }
  yield* holes;
};

/** A segment's fragments, each as a pair of `moof` and `mdat`. */
export const fragmentsOf = function* (bytes: Uint8Array): Generator<Uint8Array> {
  let start: number | undefined;
  for (const box of boxesOf(bytes)) {
    if (box.type === "moof") start = box.start;
    if (box.type !== "mdat" || start === undefined) continue;
    yield bytes.subarray(start, box.end);
    start = undefined;
  }
};
