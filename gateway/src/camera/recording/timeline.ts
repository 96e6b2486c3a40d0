import type { GapReason, RecordedGap, Segment } from "./segment.ts";

/** A stretch of time of a channel: there is a picture, or there is none and why. */
export type Stretch =
  | { readonly type: "recorded"; readonly fromMs: number; readonly toMs: number; readonly segments: number }
  | { readonly type: "gap"; readonly fromMs: number; readonly toMs: number; readonly reason: GapReason };

/** Cameras send in bursts: between two segments so much is no gap. */
const seamMs = 1_500;

/** What a segment covers. */
export type CoveredSpan = Pick<Segment, "startMs" | "durationMs">;

interface Asked {
  readonly fromMs: number;
  readonly toMs: number;
}

const clip = (piece: { fromMs: number; toMs: number }, { fromMs, toMs }: Asked): Asked | undefined => {
  const clipped = { fromMs: Math.max(piece.fromMs, fromMs), toMs: Math.min(piece.toMs, toMs) };
  return clipped.toMs > clipped.fromMs ? clipped : undefined;
};

/** The pieces that segments cover, joined where they touch. */
const coveredBy = (
  segments: readonly CoveredSpan[],
  asked: Asked,
): { fromMs: number; toMs: number; segments: number }[] => {
  const covered: { fromMs: number; toMs: number; segments: number }[] = [];
  for (const { startMs, durationMs } of [...segments].sort((a, b) => a.startMs - b.startMs)) {
    const piece = clip({ fromMs: startMs, toMs: startMs + durationMs }, asked);
    if (piece === undefined) continue;
    const last = covered.at(-1);
    if (last !== undefined && piece.fromMs <= last.toMs + seamMs) {
      last.toMs = Math.max(last.toMs, piece.toMs);
      last.segments++;
    } else covered.push({ ...piece, segments: 1 });
  }
  return covered;
};

/** Why nothing is there: the gap that covers most of it; nobody said why: unknown. */
const reasonFor = (hole: Asked, gaps: readonly RecordedGap[]): GapReason => {
  let best: { reason: GapReason; ms: number } = { reason: "unknown", ms: 0 };
  for (const gap of gaps) {
    const shared = clip(gap, hole);
    const ms = shared === undefined ? 0 : shared.toMs - shared.fromMs;
    if (ms > best.ms) best = { reason: gap.reason, ms };
  }
  return best.reason;
};

/**
 * What there is to see of a channel between two moments, without a hole in the account: every millisecond is recorded or is
 * a gap with a reason.
 */
export const timelineOf = (
  segments: readonly CoveredSpan[],
  gaps: readonly RecordedGap[],
  asked: Asked,
): readonly Stretch[] => {
  const stretches: Stretch[] = [];
  const gap = (fromMs: number, toMs: number): void => {
    if (toMs > fromMs) stretches.push({ type: "gap", fromMs, toMs, reason: reasonFor({ fromMs, toMs }, gaps) });
  };
  let atMs = asked.fromMs;
  for (const piece of coveredBy(segments, asked)) {
    gap(atMs, piece.fromMs);
    stretches.push({ type: "recorded", ...piece });
    atMs = piece.toMs;
  }
  gap(atMs, asked.toMs);
  return stretches;
};
