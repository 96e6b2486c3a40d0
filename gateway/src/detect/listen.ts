import { concat, type DeviceCodec } from "@mingcheng/protocols";
import type { SessionClock } from "../drivers/define-driver.ts";
import { createLineReader } from "../drivers/line-reader.ts";
import type { ByteStream } from "../transports/byte-stream.ts";
import { type Ranking, rank } from "./rank.ts";

/** What was heard on a line. */
export interface Heard {
  /** The last bytes, at most 4 KiB. */
  readonly bytes: Uint8Array;
  /** All bytes, those no longer kept included. */
  readonly total: number;
  readonly ranking: Ranking;
}

/** How long to listen. Milliseconds. */
export interface Patience {
  /** So long in any case, unless it is sure or hopeless before. */
  readonly sliceMs: number;
  /** So long when some family already explains part of it. */
  readonly promisingMs: number;
}

const maxBytes = 4096;
const lookEveryMs = 200;
/** Looking again is worth its while once so much more was heard, or when the line pauses. */
const worthwhileGrowth = 1.25;
const sureFrames = 4;
/** Families that look alike are given so many frames to part. */
const alikeFrames = 16;
const hopelessBytes = 96;
const hopelessAfterMs = 500;
const promisingScore = 0.25;

const isSure = ({ outcome, candidates }: Ranking): boolean => {
  const frames = candidates[0]?.frames ?? 0;
  return (outcome === "recognised" && frames >= sureFrames) || (outcome === "ambiguous" && frames >= alikeFrames);
};

/** Listens, and only listens, until it is sure, hopeless, or out of patience. Rejects when the line breaks. */
export const listen = async (
  stream: ByteStream,
  codecs: readonly DeviceCodec[],
  clock: SessionClock,
  signal: AbortSignal,
  { sliceMs, promisingMs }: Patience,
): Promise<Heard> => {
  const line = createLineReader(stream, clock, signal);
  const startedMs = clock.nowMs();
  let bytes: Uint8Array = new Uint8Array();
  let total = 0;
  let judged = 0;
  let lookedMs = 0;
  let ranking: Ranking = rank(codecs, bytes);

  const isOver = (atMs: number): boolean => {
    const best = ranking.candidates[0]?.score ?? 0;
    if (isSure(ranking)) return true;
    if (best === 0 && total >= hopelessBytes && atMs >= hopelessAfterMs) return true;
    return atMs >= (best >= promisingScore ? promisingMs : sliceMs);
  };

  try {
    for (;;) {
      const heard = await line.next(lookEveryMs);
      if (heard.kind === "aborted") break;
      if (heard.kind === "bytes") {
        total += heard.bytes.length;
        bytes = concat(bytes, heard.bytes).slice(-maxBytes);
      }
      const elapsedMs = clock.nowMs() - startedMs;
      if (heard.kind === "bytes" && elapsedMs - lookedMs < lookEveryMs) continue;
      lookedMs = elapsedMs;
      if (total > judged && (heard.kind === "quiet" || total >= judged * worthwhileGrowth)) {
        ranking = rank(codecs, bytes);
        judged = total;
      }
      if (isOver(elapsedMs)) break;
    }
  } finally {
    line.release();
  }
  return { bytes, total, ranking: total === judged ? ranking : rank(codecs, bytes) };
};
