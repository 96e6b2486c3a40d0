import type { ClockRank } from "../effective-time/clock-book.ts";

/**
 * What a rule saw in one record: everything needed to judge it again later, after its time or its line's standing became
 * known better. Stored as JSON beside what was made of it.
 */
export interface Observation {
  readonly rule: string;
  /** Label values of the group, as JSON in the rule's order. */
  readonly groupKey: string;
  readonly labels: Readonly<Record<string, string>>;
  /** What the record is the same fact as: equal identities of a rule count once. */
  readonly identity: string;
  /** Whether the condition holds. */
  readonly holds: boolean;
  readonly gw: string;
  readonly dev: string;
  readonly lsn: number;
  /** The record's own salt: makes the alert's id unguessable. */
  readonly salt: string;
  /** Where it stands in its boot. */
  readonly boot: string;
  readonly monoMs: number;
  readonly rank: ClockRank;
  readonly wallMs: number;
  /** When the centre received it. */
  readonly receivedMs: number;
  /** Effective time, by what is known of the boot's clock. */
  readonly atMs: number;
}

/**
 * True when `a` tells of a later moment than `b`. Within a boot the monotonic clock decides, which never jumps; between
 * boots the effective time.
 */
export const isLater = (a: Observation, b: Observation): boolean => {
  const sameBoot = a.gw === b.gw && a.boot === b.boot;
  const difference = sameBoot ? a.monoMs - b.monoMs : a.atMs - b.atMs;
  return difference === 0 ? a.lsn > b.lsn : difference > 0;
};
