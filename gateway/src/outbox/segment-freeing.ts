import type { LineOfGateway } from "@mingcheng/protocols";
import type { Segment } from "./segment.ts";

export type IsFreeable = (line: LineOfGateway, from: number, to: number) => "receipted" | "disputed" | "no";

/** What may be done with a segment: `receipted` when all its records are, `disputed` when all others are receipted. */
export const freeabilityOf = (segment: Segment, isFreeable: IsFreeable): "receipted" | "disputed" | "no" => {
  let result: "receipted" | "disputed" = "receipted";
  for (const { line, from, to } of segment.runs) {
    const answer = isFreeable(line, from, to);
    if (answer === "no") return "no";
    if (answer === "disputed") result = "disputed";
  }
  return result;
};

const dayMs = 86_400_000;

/**
 * Remembers since when each segment is wholly receipted, by the centre's time as receipts carry it: the gateway's own
 * clock may jump by years, and must not shorten the retention by that.
 */
export class ReceiptedSince {
  /** Segment number to time (ISO 8601). */
  readonly times: Map<number, string>;
  private readonly retentionDays: number;

  constructor(retentionDays: number, times: Iterable<readonly [number, string]>) {
    this.retentionDays = retentionDays;
    this.times = new Map(times);
  }

  /**
   * Takes down what holds at `now`, the time of the receipt; true when something changed. A segment that stops being receipted (the ledger was
   * restored from an older copy) starts anew.
   */
  update(segments: readonly Segment[], isFreeable: IsFreeable, now: string): boolean {
    let changed = false;
    const numbers = new Set(segments.map(({ number }) => number));
    for (const number of this.times.keys()) if (!numbers.has(number)) changed = this.times.delete(number) || changed;
    for (const segment of segments) {
      const isReceipted = freeabilityOf(segment, isFreeable) === "receipted";
      if (isReceipted === this.times.has(segment.number)) continue;
      changed = true;
      if (isReceipted) this.times.set(segment.number, now);
      else this.times.delete(segment.number);
    }
    return changed;
  }

  /** True when the segment has been receipted for the whole retention. */
  isOver(segment: Segment, now: string): boolean {
    const since = this.times.get(segment.number);
    return since !== undefined && Date.parse(now) - Date.parse(since) >= this.retentionDays * dayMs;
  }
}

/** Which segments to free now, see `Outbox.free`. */
export const chooseSegments = (
  segments: readonly Segment[],
  isFreeable: IsFreeable,
  since: ReceiptedSince,
  now: string,
  pressure: boolean,
): readonly Segment[] => {
  if (pressure) {
    const choice =
      segments.find((segment) => freeabilityOf(segment, isFreeable) === "receipted") ??
      segments.find((segment) => freeabilityOf(segment, isFreeable) === "disputed");
    return choice === undefined ? [] : [choice];
  }
  return segments.filter((segment) => since.isOver(segment, now));
};
