import type { RecordTime } from "@mingcheng/protocols";

/** How far a wall time may lie ahead of a receipt bound before it is disbelieved. */
const toleranceMs = 60_000;
/** Two offsets nearer than this are the same clock; further apart, one of them is wrong. */
const agreementMs = 5_000;
/** Offsets nearer than this to a kept anchor add nothing. */
const sameAnchorMs = 1_000;
/** A bound tightened by less is no reason to rewrite what was stored. */
const boundStepMs = 1_000;
/** Most anchors kept per boot: a clock that steps more often proves nothing. */
const maxAnchors = 32;
/** A gateway whose clock keeps stepping must not make the centre rewrite its history for ever. */
const maxCorrections = 50;

/** How far a wall time is believed: 2 = set by NTP or by a signed receipt, 1 = by a battery clock, 0 = not at all. */
export type ClockRank = 0 | 1 | 2;

/** Rank of the way a clock was set. */
export const rankOf = (sync: RecordTime["sync"]): ClockRank => (sync === "none" ? 0 : sync === "rtc" ? 1 : 2);

/** A trusted reading of both clocks: wall = monotonic + `offsetMs`. */
export interface Anchor {
  readonly rank: ClockRank;
  /** Latest monotonic time at which this offset was seen. */
  readonly monoMs: number;
  readonly offsetMs: number;
}

/**
 * What the centre knows about the clock of one boot of one gateway. Within a boot the monotonic clock never jumps, so the
 * true offset to wall time is one number, and every record of the boot is evidence for it.
 */
export interface BootClock {
  readonly anchors: readonly Anchor[];
  /**
   * Smallest (received − monotonic) seen: no record can have been captured after it was received, so the true offset is
   * not larger. Infinity before the first record.
   */
  readonly boundMs: number;
  /** Times that stored rows of this boot were rewritten. */
  readonly corrections: number;
}

/** A boot nobody has heard of. */
export const unknownBoot: BootClock = { anchors: [], boundMs: Number.POSITIVE_INFINITY, corrections: 0 };

/** The parts of a record's time that the effective time is derived from, in milliseconds since 1970. */
export interface ClockReading {
  readonly wallMs: number;
  readonly monoMs: number;
  readonly rank: ClockRank;
}

/** Takes the clock reading out of a record's `t`. The schema has checked that `wall` is a date. */
export const clockReading = (time: RecordTime): ClockReading => ({
  wallMs: Date.parse(time.wall),
  monoMs: time.mono_ms,
  rank: rankOf(time.sync),
});

const better = (a: Anchor, b: Anchor): Anchor =>
  b.rank > a.rank || (b.rank === a.rank && b.monoMs > a.monoMs) ? b : a;

/** The anchor that counts: plausible by the receipt bound, best set, latest seen. */
export const bestAnchor = (clock: BootClock): Anchor | undefined => {
  let best: Anchor | undefined;
  for (const anchor of clock.anchors) {
    if (anchor.offsetMs > clock.boundMs + toleranceMs) continue;
    best = best === undefined ? anchor : better(best, anchor);
  }
  return best;
};

const withAnchor = (anchors: readonly Anchor[], reading: ClockReading): readonly Anchor[] => {
  if (reading.rank === 0) return anchors;
  const offsetMs = reading.wallMs - reading.monoMs;
  const known = anchors.findIndex(
    (anchor) => anchor.rank === reading.rank && Math.abs(anchor.offsetMs - offsetMs) < sameAnchorMs,
  );
  const present = anchors[known];
  if (present !== undefined) {
    if (reading.monoMs <= present.monoMs) return anchors;
    const seen = { rank: present.rank, monoMs: reading.monoMs, offsetMs: present.offsetMs };
    return anchors.length === 1 ? [seen] : anchors.with(known, seen);
  }
  const all = [...anchors, { rank: reading.rank, monoMs: reading.monoMs, offsetMs }];
  if (all.length <= maxAnchors) return all;
  const worst = all.reduce((a, b) => (better(a, b) === a ? b : a));
  return all.filter((anchor) => anchor !== worst);
};

/** What is known after one more record of the boot, received at `receivedMs` by the centre's clock. */
export const observe = (clock: BootClock, reading: ClockReading, receivedMs: number): BootClock => {
  const boundMs = Math.min(clock.boundMs, receivedMs - reading.monoMs);
  const anchors = withAnchor(clock.anchors, reading);
  if (boundMs === clock.boundMs && anchors === clock.anchors) return clock;
  return { anchors, boundMs, corrections: clock.corrections };
};

/**
 * Effective time of a record in milliseconds since 1970: its own wall time where that is trusted, else the monotonic
 * distance to the boot's best anchor, else the latest moment at which it can have been captured. Never later than its
 * receipt by more than the tolerance.
 */
export const effectiveAt = (clock: BootClock, reading: ClockReading): number => {
  const best = bestAnchor(clock);
  if (best === undefined) return Math.round(reading.monoMs + clock.boundMs);
  const ownOffsetMs = reading.wallMs - reading.monoMs;
  const trusted = reading.rank >= best.rank && Math.abs(ownOffsetMs - best.offsetMs) <= agreementMs;
  return Math.round(trusted ? reading.wallMs : reading.monoMs + best.offsetMs);
};

/**
 * True when rows stored under `before` must be computed again under `after`: another anchor counts now, or, while there
 * is none, the bound fell noticeably. The answer is false for good after too many corrections of one boot.
 */
export const needsCorrection = (before: BootClock, after: BootClock): boolean => {
  if (after.corrections >= maxCorrections || before.boundMs === Number.POSITIVE_INFINITY) return false;
  const old = bestAnchor(before);
  const now = bestAnchor(after);
  if (old === undefined && now === undefined) return before.boundMs - after.boundMs >= boundStepMs;
  return old === undefined || now === undefined || old.offsetMs !== now.offsetMs || old.rank !== now.rank;
};
