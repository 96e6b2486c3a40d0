import { type LineOfGateway, lineKey } from "../chain/line.ts";
import type { Gone, StateLine } from "../messages/link-messages.ts";
import { type Interval, IntervalSet } from "./interval-set.ts";
import type { Freeable, LineInventory } from "./uplink-port.ts";

interface Freed extends Interval {
  readonly h: string;
  readonly gen: string;
}

/** What a full receipt says of one line, its ranges proven by hash. */
export interface LineReceipt {
  readonly stored: readonly Interval[];
  readonly digests: readonly Interval[];
  readonly disputed: readonly Interval[];
}

/** What the uplink machine knows of one line: sets of sequence numbers, never the records themselves. */
export class UplinkLine {
  readonly line: LineOfGateway;
  readonly key: string;
  head: number;
  /** Intact on disk. */
  readonly held: IntervalSet;
  /** Receipted under the confirmed generation. */
  readonly marks = new IntervalSet();
  readonly disputed = new IntervalSet();
  /** The centre has only the digest: done for this process, but the bytes are nowhere else, so never freeable. */
  readonly digestStored = new IntervalSet();
  readonly inFlight = new IntervalSet();
  /** Waiting in the live lane. */
  readonly queuedLive = new IntervalSet();
  /** To be sent one record at a time, after three nacks together. */
  readonly singly = new IntervalSet();
  /** To be sent as a digest line, after three nacks alone. */
  readonly digestOnly = new IntervalSet();
  readonly urgent: IntervalSet;
  private readonly freed: Freed[];
  /** Nothing in these needs to be sent. */
  private readonly done = [this.marks, this.disputed, this.digestStored];
  /** Nothing in these can be sent now. */
  private readonly blocking = [...this.done, this.inFlight, this.queuedLive];

  constructor(inventory: LineInventory) {
    this.line = { ep: inventory.ep, eid: inventory.eid };
    this.key = lineKey(inventory);
    this.head = inventory.head;
    this.held = new IntervalSet(inventory.held);
    this.freed = [...inventory.freed];
    this.urgent = new IntervalSet(inventory.urgent.map((seq) => ({ from: seq, to: seq })));
  }

  stateLine(): StateLine {
    return { ep: this.line.ep, eid: this.line.eid, head: this.head, oldest: this.held.first ?? null };
  }

  commit(first: number, last: number, urgent: readonly number[]): void {
    this.head = Math.max(this.head, last);
    this.held.add(first, last);
    for (const seq of urgent) this.urgent.add(seq, seq);
  }

  /** The first run of records that waits to be sent; one record where they must go singly. */
  nextPending(): Interval | undefined {
    for (const span of this.held.intervals) {
      let at = span.from;
      while (at <= span.to) {
        const first = at;
        const blocked = this.blocking.map((set) => set.covering(first)).find((found) => found !== undefined);
        if (blocked === undefined) return this.runFrom(at, span.to);
        at = blocked.to + 1;
      }
    }
    return undefined;
  }

  private runFrom(at: number, limit: number): Interval {
    if (this.singly.has(at) || this.digestOnly.has(at)) return { from: at, to: at };
    let to = limit;
    for (const set of [...this.blocking, this.singly, this.digestOnly]) {
      const next = set.nextFrom(at);
      if (next !== undefined) to = Math.min(to, next - 1);
    }
    return { from: at, to };
  }

  /** The oldest record of an urgent kind that can be sent now. It stays urgent until it is receipted. */
  nextUrgent(): number | undefined {
    for (let seq = this.urgent.first; seq !== undefined; seq = this.urgent.nextFrom(seq + 1)) {
      const at = seq;
      // The epoch record is urgent before it is committed.
      if (at > this.head) return undefined;
      if (!this.held.has(at) || this.done.some((set) => set.has(at))) this.urgent.remove(at, at);
      else if (!this.inFlight.has(at) && !this.queuedLive.has(at)) return at;
    }
    return undefined;
  }

  /** The centre has these whole, proven by hash. */
  mark(from: number, to: number): void {
    this.marks.add(from, to);
    for (const set of [this.disputed, this.digestStored, this.digestOnly, this.urgent]) set.remove(from, to);
  }

  /** The centre has quarantined these, unless it also has them stored. */
  dispute(from: number, to: number): void {
    for (const part of this.marks.missing(from, to)) this.disputed.add(part.from, part.to);
  }

  /** The centre has the digests of these. What this process has not given up on is tried whole once more. */
  markDigests(from: number, to: number): void {
    for (const part of this.digestOnly.within(from, to)) this.digestStored.add(part.from, part.to);
  }

  /** What an earlier generation receipted counts no more. */
  forgetReceipts(): void {
    for (const set of this.done) set.clear();
  }

  /** Adds what a full receipt says. */
  confirm({ stored, digests, disputed }: LineReceipt): void {
    for (const { from, to } of stored) this.mark(from, to);
    for (const { from, to } of digests) this.markDigests(from, to);
    for (const { from, to } of disputed) this.dispute(from, to);
  }

  /** The parts of a range that are neither receipted nor disputed nor stored as digests. */
  openWithin(from: number, to: number): Interval[] {
    if (this.marks.covers(from, to)) return [];
    let open: Interval[] = [{ from, to }];
    for (const set of this.done) open = open.flatMap((part) => set.missing(part.from, part.to));
    return open;
  }

  free(from: number, to: number, h: string, gen: string): void {
    this.held.remove(from, to);
    const last = this.freed.at(-1);
    const isNext = last !== undefined && last.to + 1 === from && last.gen === gen;
    if (isNext) this.freed[this.freed.length - 1] = { from: last.from, to, h, gen };
    else this.freed.push({ from, to, h, gen });
  }

  lose(from: number, to: number): void {
    this.held.remove(from, to);
  }

  freeable(from: number, to: number): Freeable {
    if (this.marks.covers(from, to)) return "receipted";
    // Of what went as a digest the centre's quarantine has no bytes either.
    const isKeptThere = (part: Interval): boolean =>
      this.disputed.covers(part.from, part.to) && this.digestOnly.within(part.from, part.to).length === 0;
    return this.marks.missing(from, to).every(isKeptThere) ? "disputed" : "no";
  }

  /** Statements for the part of a missing range that is not on disk any more. */
  goneWithin(range: Interval): Gone[] {
    const answers: Gone[] = [];
    for (const part of this.held.missing(range.from, range.to)) {
      const unexplained = new IntervalSet([part]);
      for (const freed of this.freed) {
        for (const piece of unexplained.within(freed.from, freed.to)) {
          const receipt = { gen: freed.gen, h: freed.h };
          answers.push({ v: 1, line: this.line, from: piece.from, to: piece.to, receipt, reason: "freed" });
          unexplained.remove(piece.from, piece.to);
        }
      }
      for (const piece of unexplained.intervals) answers.push(lostRange(this.line, piece));
    }
    return answers;
  }

  /** How many records wait for a receipt. */
  get pendingCount(): number {
    return this.held.intervals.reduce(
      (total, { from, to }) => this.openWithin(from, to).reduce((sum, part) => sum + part.to - part.from + 1, total),
      0,
    );
  }
}

/** The statement that a range is lost without a receipt. */
export const lostRange = (line: LineOfGateway, range: Interval): Gone => ({
  v: 1,
  line,
  from: range.from,
  to: range.to,
  receipt: null,
  reason: "lost",
});
