import type { GapBody } from "@mingcheng/protocols";

/** Why readings were not captured. */
export type MissedReason = GapBody["reason"];

/** Readings of one device that were not captured, for one reason, in one stretch of time. */
export interface Missed {
  readonly device: string;
  readonly reason: MissedReason;
  /** Null: how many is not known. */
  readonly count: number | null;
  /** Local time with offset of the first and the last one. */
  readonly since: string;
  readonly until: string;
}

const keyOf = ({ device, reason }: Pick<Missed, "device" | "reason">): string => `${reason} ${device}`;

const sum = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a + b);

/** Remembers what was not captured until a durable `gap` record says so. At most one entry per device and reason. */
export class MissedBook {
  private readonly entries = new Map<string, Missed>();

  get size(): number {
    return this.entries.size;
  }

  all(): readonly Missed[] {
    return [...this.entries.values()];
  }

  add(missed: Missed): void {
    const key = keyOf(missed);
    const known = this.entries.get(key);
    if (known === undefined) this.entries.set(key, missed);
    else this.entries.set(key, { ...known, count: sum(known.count, missed.count), until: missed.until });
  }

  /** A gap record for `told` is durable. What was missed meanwhile stays. */
  settle(told: Missed): void {
    const key = keyOf(told);
    const known = this.entries.get(key);
    if (known === undefined) return;
    if (known === told || known.count === null || told.count === null) {
      this.entries.delete(key);
      return;
    }
    this.entries.set(key, { ...known, count: known.count - told.count, since: told.until });
  }
}

/** The body of the gap record that tells of it. */
export const gapOf = ({ device, reason, count, since, until }: Missed): GapBody => ({
  scope: "device",
  reason,
  line: null,
  from: null,
  to: null,
  device,
  count,
  since,
  until,
});
