import { type LineOfGateway, lineKey } from "../chain/line.ts";
import type { Witness } from "../messages/batch.ts";
import type { FullReceipt, Receipt } from "../messages/link-messages.ts";
import type { Flights } from "./flights.ts";
import type { Interval } from "./interval-set.ts";
import type { UplinkLine } from "./uplink-line.ts";

/** A range of a receipt that is not believed until the outbox has compared `h`. */
export type ClaimedRange = LineOfGateway & Interval & { readonly h: string };

type Range = readonly [number, number];
type ProvenRange = LineOfGateway & Interval;

/** A receipt whose ranges wait for the outbox to compare their hashes. */
interface Waiting {
  readonly gen: string;
  /** Position among the full receipts; null for a plain one. */
  readonly full: { readonly message: FullReceipt; readonly order: number } | null;
  readonly ranges: readonly ClaimedRange[];
}

/** What to do after a receipt was taken. */
export interface Taken {
  /** Hashes to compare. */
  readonly prove: { readonly id: number; readonly ranges: readonly ClaimedRange[] } | null;
  readonly isMarked: boolean;
}

const intervalOf = ([from, to]: Range): Interval => ({ from, to });

/**
 * Which ledger generation is confirmed, and what receipts count. A plain receipt counts under the confirmed generation
 * only; one of another generation is remembered until a full receipt confirms that one. Within one generation the ledger
 * only grows, so marks are only ever added; a new generation begins with none.
 */
export class Confirmation {
  /** Confirmed by a full receipt. */
  gen: string | null = null;
  witness: Witness | null = null;
  private readonly lines: ReadonlyMap<string, UplinkLine>;
  private readonly flights: Flights;
  private readonly waiting = new Map<number, Waiting>();
  private unconfirmed: { readonly gen: string; readonly ranges: ProvenRange[] } | null = null;
  /** Another generation that was heard since the state was last published. */
  private foreign: string | null = null;
  private nextId = 1;
  private lastFull = 0;

  constructor(lines: ReadonlyMap<string, UplinkLine>, flights: Flights) {
    this.lines = lines;
    this.flights = flights;
  }

  /** False while a generation was heard of that no full receipt has confirmed: nothing may be freed then. */
  get isCertain(): boolean {
    return this.gen !== null && this.unconfirmed === null;
  }

  /** Comparisons under way are void: the connection went. */
  forgetProofs(): void {
    this.waiting.clear();
  }

  /** The state was published: what is heard from now on is later. */
  stateSent(): void {
    this.foreign = null;
  }

  /** False when a receipt of yet another generation came between the state and this answer: one of the two is stale. */
  isConclusive(message: FullReceipt): boolean {
    return this.foreign === null || this.foreign === message.gen;
  }

  /** A generation was heard of. True when that is news, so that the state has to be published again. */
  hear(gen: string): boolean {
    if (gen === this.gen) return false;
    if (this.unconfirmed?.gen !== gen) this.unconfirmed = { gen, ranges: [] };
    const isNews = this.foreign !== gen;
    this.foreign = gen;
    return isNews;
  }

  takeReceipt(message: Receipt): Taken {
    if (message.gen === this.gen && (this.witness === null || message.witness.n > this.witness.n)) {
      this.witness = message.witness;
    }
    const line = this.lines.get(lineKey(message.line));
    if (line === undefined) return { prove: null, isMarked: false };
    if (message.gen === this.gen) {
      for (const [from, to] of message.disputed) line.dispute(from, to);
      for (const [from, to] of message.digests) line.markDigests(from, to);
    }
    const claimed: ClaimedRange[] = [];
    let isMarked = false;
    for (const [from, to, h] of message.ranges) {
      // Batches under way need no look-up: their hash is in memory.
      if (!this.flights.endsWith(line, to, h)) claimed.push({ ...line.line, from, to, h });
      else isMarked = this.settle({ ...line.line, from, to }, message.gen) || isMarked;
    }
    const prove = claimed.length === 0 ? null : this.await({ gen: message.gen, full: null, ranges: claimed });
    return { prove, isMarked };
  }

  /** Nothing of a full receipt counts before its ranges are compared. */
  takeFull(message: FullReceipt): NonNullable<Taken["prove"]> {
    const ranges = message.lines.flatMap((item) => {
      const line = this.lines.get(lineKey(item));
      if (line === undefined) return [];
      return item.ranges.map(([from, to, h]): ClaimedRange => ({ ...line.line, from, to, h }));
    });
    return this.await({ gen: message.gen, full: { message, order: ++this.lastFull }, ranges });
  }

  /**
   * The outbox compared: `proven` are the ranges whose h is ours. Returns the full receipt that is confirmed by this, if it
   * was one and no later one has overtaken it, else null.
   */
  proven(id: number, proven: readonly ProvenRange[]): FullReceipt | null {
    const waiting = this.waiting.get(id);
    if (waiting === undefined) return null;
    this.waiting.delete(id);
    if (waiting.full === null) {
      for (const range of proven) this.settle(range, waiting.gen);
      return null;
    }
    for (const [other, { full }] of this.waiting) {
      if (full !== null && full.order < waiting.full.order) this.waiting.delete(other);
    }
    this.confirm(waiting.full.message, proven);
    return waiting.full.message;
  }

  private await(waiting: Waiting): NonNullable<Taken["prove"]> {
    const id = this.nextId++;
    this.waiting.set(id, waiting);
    return { id, ranges: waiting.ranges };
  }

  /** True when marks changed. */
  private settle(range: ProvenRange, gen: string): boolean {
    if (gen === this.gen) {
      this.lines.get(lineKey(range))?.mark(range.from, range.to);
      return true;
    }
    if (this.unconfirmed?.gen === gen) this.unconfirmed.ranges.push(range);
    return false;
  }

  private confirm(message: FullReceipt, proven: readonly ProvenRange[]): void {
    if (message.gen !== this.gen) for (const line of this.lines.values()) line.forgetReceipts();
    const early = this.unconfirmed?.gen === message.gen ? this.unconfirmed.ranges : [];
    this.gen = message.gen;
    this.witness = message.witness;
    if (this.isConclusive(message)) this.unconfirmed = null;
    for (const item of message.lines) {
      this.lines.get(lineKey(item))?.confirm({
        stored: [],
        digests: item.digests.map(([from, to]) => intervalOf([from, to])),
        disputed: item.disputed.map(([from, to]) => intervalOf([from, to])),
      });
    }
    for (const range of [...proven, ...early]) this.lines.get(lineKey(range))?.mark(range.from, range.to);
  }
}
