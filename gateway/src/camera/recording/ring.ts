import type { Segment } from "./segment.ts";

/** How much of a channel is kept. */
export interface RingLimits {
  readonly maxAgeMs: number;
  /** Null: no limit of its own. */
  readonly maxBytes: number | null;
}

/** A span that must not be deleted. */
export interface HeldSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

/** A segment of a channel, for what is decided over all channels. */
export interface ChannelSegment {
  readonly channel: string;
  readonly segment: Segment;
}

/** Why segments go. */
export type DeletionCause = "age" | "bytes" | "free-space";

/** What is to be deleted of a channel, and why. */
export interface Deletion {
  readonly channel: string;
  readonly cause: DeletionCause;
  readonly segments: readonly Segment[];
}

/** True when a hold covers any part of the segment. */
export const isHeld = ({ startMs, durationMs }: Segment, holds: readonly HeldSpan[]): boolean =>
  holds.some(({ fromMs, toMs }) => startMs < toMs && startMs + durationMs > fromMs);

const byAge = (a: Segment, b: Segment): number => a.number - b.number;

/** What a channel's own limits ask for: too old first, then the oldest until it fits. Held segments stay and count. */
export const overLimits = (
  segments: readonly Segment[],
  limits: RingLimits,
  holds: readonly HeldSpan[],
  nowMs: number,
): { readonly age: readonly Segment[]; readonly bytes: readonly Segment[] } => {
  const free = segments.filter((segment) => !isHeld(segment, holds)).sort(byAge);
  const age = free.filter(({ startMs, durationMs }) => startMs + durationMs < nowMs - limits.maxAgeMs);
  const gone = new Set(age);
  const bytes: Segment[] = [];
  if (limits.maxBytes === null) return { age, bytes };
  let sum = segments.reduce((total, segment) => total + (gone.has(segment) ? 0 : segment.bytes), 0);
  for (const segment of free) {
    if (sum <= limits.maxBytes) break;
    if (gone.has(segment)) continue;
    bytes.push(segment);
    sum -= segment.bytes;
  }
  return { age, bytes };
};

/** The oldest segments of all channels that together bring `bytes` of space. Fewer when holds keep the rest. */
export const toFree = (
  all: readonly ChannelSegment[],
  bytes: number,
  holdsOf: (channel: string) => readonly HeldSpan[],
): readonly ChannelSegment[] => {
  const chosen: ChannelSegment[] = [];
  let won = 0;
  for (const one of [...all].sort((a, b) => a.segment.startMs - b.segment.startMs || byAge(a.segment, b.segment))) {
    if (won >= bytes) break;
    if (isHeld(one.segment, holdsOf(one.channel))) continue;
    chosen.push(one);
    won += one.segment.bytes;
  }
  return chosen;
};
