import { maxBatchRecords } from "../messages/batch.ts";
import type { Flights } from "./flights.ts";
import type { Interval } from "./interval-set.ts";
import type { UplinkLimits } from "./uplink-limits.ts";
import type { UplinkLine } from "./uplink-line.ts";
import type { Lane } from "./uplink-port.ts";

/** What to send next. */
export interface Choice extends Interval {
  readonly lane: Lane;
  readonly line: UplinkLine;
  /** A new commit, and not a record of an outage. */
  readonly isFresh: boolean;
}

interface Waiting {
  readonly line: UplinkLine;
  first: number;
  last: number;
  readonly sinceMs: number;
}

/**
 * Decides what goes next. Live: whole new commits, and the urgent records of an outage one by one. Backlog: oldest first.
 */
export class Lanes {
  private readonly limits: UplinkLimits;
  private readonly flights: Flights;
  /** New commits of the running line that wait for the live lane. */
  private waiting: Waiting | null = null;
  private readonly restUntilMs: Record<Lane, number> = { live: 0, backlog: 0 };

  constructor(limits: UplinkLimits, flights: Flights) {
    this.limits = limits;
    this.flights = flights;
  }

  /** A commit of the running line, made while connected. */
  queue(line: UplinkLine, first: number, last: number, nowMs: number): void {
    if (this.waiting?.line === line && this.waiting.last === first - 1) this.waiting.last = last;
    else {
      this.dequeue();
      this.waiting = { line, first, last, sinceMs: nowMs };
    }
    line.queuedLive.add(first, last);
  }

  /** What did not fit into a live batch stays live where that is possible, else it is backlog. */
  requeue(line: UplinkLine, first: number, last: number, nowMs: number): void {
    if (this.waiting === null) this.waiting = { line, first, last, sinceMs: nowMs };
    else if (this.waiting.line === line && this.waiting.first === last + 1) this.waiting.first = first;
    else return;
    line.queuedLive.add(first, last);
  }

  /** What waits for the live lane falls to the backlog. */
  dequeue(): void {
    this.waiting?.line.queuedLive.clear();
    this.waiting = null;
  }

  rest(lane: Lane, untilMs: number): void {
    this.restUntilMs[lane] = Math.max(this.restUntilMs[lane], untilMs);
  }

  expire(nowMs: number): void {
    if (this.waiting !== null && nowMs - this.waiting.sinceMs >= this.limits.liveForMs) this.dequeue();
  }

  /**
   * The next batch of the live lane, taken out of the queue. `isReady`: the full receipt has said what the centre has;
   * before that only the epoch record is known to be news among the urgent ones.
   */
  nextLive(running: UplinkLine, lines: Iterable<UplinkLine>, isReady: boolean, nowMs: number): Choice | undefined {
    const { window } = this.limits;
    const busy = this.flights.count("live");
    if (busy >= window || this.restUntilMs.live > nowMs) return undefined;
    const fresh = this.flights.countFresh();
    const urgent = isReady ? firstUrgent(lines) : epochOf(running);
    // New commits and the urgent records of an outage leave each other one place.
    const room = urgent === undefined ? window : window - 1;
    if (this.waiting !== null && fresh < room && this.isDue(this.waiting, busy, nowMs)) {
      const { line, first, last } = this.waiting;
      this.dequeue();
      return { lane: "live", line, isFresh: true, from: first, to: last };
    }
    return busy - fresh < window - 1 ? urgent : undefined;
  }

  /** The next batch of the backlog: the oldest records that wait. */
  nextBacklog(lines: Iterable<UplinkLine>, nowMs: number): Choice | undefined {
    if (this.flights.count("backlog") >= this.limits.window || this.restUntilMs.backlog > nowMs) return undefined;
    for (const line of lines) {
      const range = line.nextPending();
      if (range !== undefined) return { lane: "backlog", line, isFresh: false, ...range };
    }
    return undefined;
  }

  /** When something here changes by the mere passing of time; infinite when nothing does. */
  nextWakeMs(nowMs: number): number {
    let wakeMs = Number.POSITIVE_INFINITY;
    if (this.waiting !== null) {
      // Due but not sent: the window is full or the lane rests, and only an answer or the fall to the backlog changes that.
      const dueMs = this.waiting.sinceMs + this.limits.lingerMs;
      wakeMs = dueMs > nowMs ? dueMs : this.waiting.sinceMs + this.limits.liveForMs;
    }
    for (const untilMs of Object.values(this.restUntilMs)) if (untilMs > nowMs) wakeMs = Math.min(wakeMs, untilMs);
    return wakeMs;
  }

  private isDue({ first, last, sinceMs }: Waiting, busy: number, nowMs: number): boolean {
    return busy === 0 || last - first + 1 >= maxBatchRecords || nowMs - sinceMs >= this.limits.lingerMs;
  }
}

const single = (line: UplinkLine, seq: number): Choice => ({
  lane: "live",
  line,
  isFresh: false,
  from: seq,
  to: seq,
});

const firstUrgent = (lines: Iterable<UplinkLine>): Choice | undefined => {
  for (const line of lines) {
    const seq = line.nextUrgent();
    if (seq !== undefined) return single(line, seq);
  }
  return undefined;
};

const epochOf = (running: UplinkLine): Choice | undefined =>
  running.nextUrgent() === 1 ? single(running, 1) : undefined;
