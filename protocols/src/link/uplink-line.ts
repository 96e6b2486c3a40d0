import { type LineOfGateway, lineKey } from "../chain/line.ts";
import type { Gone, StateLine } from "../messages/link-messages.ts";
import { type Interval, IntervalSet } from "./interval-set.ts";
import type { Freeable, LineInventory } from "./uplink-port.ts";

interface Freed extends Interval {
  readonly h: string;
  readonly gen: string;
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
  /** Sent as a bare digest and receipted: done, but the bytes are nowhere else, so never freeable. */
  readonly digestStored = new IntervalSet();
  readonly inFlight = new IntervalSet();
  /** Waiting in the live lane. */
  readonly queuedLive = new IntervalSet();
  /** To be sent one record at a time, after three nacks together. */
  readonly singly = new IntervalSet();
  /** To be sent as a digest line, after three nacks alone. */
  readonly digestOnly = new IntervalSet();
  /** Known to be destroyed on disk. */
  readonly lost = new IntervalSet();
  readonly urgent: IntervalSet;
  private readonly freed: Freed[];

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

  private get blocking(): readonly IntervalSet[] {
    return [this.marks, this.disputed, this.digestStored, this.inFlight, this.queuedLive];
  }

  /** The first run of records at or behind `from` that waits to be sent; one record where they must go singly. */
  nextPending(from = 1): Interval | undefined {
    for (const span of this.held.intervals) {
      let at = Math.max(span.from, from);
      while (at <= span.to) {
        const blocked = this.blocking.map((set) => set.covering(at)).find((found) => found !== undefined);
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

  /** The oldest record of an urgent kind that waits to be sent. */
  nextUrgent(): number | undefined {
    for (;;) {
      const seq = this.urgent.first;
      if (seq === undefined) return undefined;
      if (this.held.has(seq) && !this.blocking.some((set) => set.has(seq))) return seq;
      if (this.inFlight.has(seq)) {
        const later = this.nextUrgentBehind(seq);
        return later;
      }
      this.urgent.remove(seq, seq);
    }
  }

  private nextUrgentBehind(seq: number): number | undefined {
    for (let at = this.urgent.nextFrom(seq + 1); at !== undefined; at = this.urgent.nextFrom(at + 1)) {
      const candidate = at;
      if (this.held.has(candidate) && !this.blocking.some((set) => set.has(candidate))) return candidate;
    }
    return undefined;
  }

  /** The centre has these, proven by hash. Digest lines stay unfreeable. */
  mark(from: number, to: number): void {
    this.marks.add(from, to);
    for (const span of this.digestOnly.within(from, to)) {
      this.marks.remove(span.from, span.to);
      this.digestStored.add(span.from, span.to);
    }
    this.urgent.remove(from, to);
  }

  /** Marks become exactly `ranges`: what an earlier generation receipted counts no more. */
  setMarks(ranges: readonly Interval[], disputed: readonly Interval[]): void {
    this.marks.clear();
    this.disputed.clear();
    this.digestStored.clear();
    for (const range of disputed) this.disputed.add(range.from, range.to);
    for (const range of ranges) this.mark(range.from, range.to);
    this.disputed.removeAll(this.marks);
  }

  free(from: number, to: number, h: string, gen: string): void {
    this.held.remove(from, to);
    this.freed.push({ from, to, h, gen });
  }

  lose(from: number, to: number): void {
    this.held.remove(from, to);
    this.lost.add(from, to);
  }

  freeable(from: number, to: number): Freeable {
    if (this.marks.covers(from, to)) return "receipted";
    const either = this.marks.clone();
    either.addAll(this.disputed);
    return either.covers(from, to) ? "disputed" : "no";
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
    const open = this.held.clone();
    for (const set of [this.marks, this.disputed, this.digestStored]) open.removeAll(set);
    return open.size;
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
