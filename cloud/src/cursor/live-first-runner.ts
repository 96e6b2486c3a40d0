import type { LedgerReader, LedgerRecord, LiveLaneReader } from "../ledger/ledger-reader.ts";
import type { SqliteDatabase } from "../store/database.ts";
import type { DecodedLedgerRecord } from "./decoded-record.ts";
import type { Follower } from "./follower.ts";
import { FollowerRunner, type FollowerStep } from "./follower-runner.ts";
import { readLate } from "./read-late.ts";

/** How records are read. */
export interface LaneDecoders {
  readonly decode: (source: LedgerRecord) => DecodedLedgerRecord;
  /** A record that has taken effect already: nothing of it may take effect again. */
  readonly passOver: (source: LedgerRecord) => DecodedLedgerRecord;
}

/** The follower as the cursor of the live lane moves it: what it made is laid out and thrown away by the other cursor. */
const aheadOf = (follower: Follower): Follower => ({
  name: `${follower.name}-live`,
  version: follower.version,
  reset: () => undefined,
  apply: (batch) => follower.apply(batch),
  forget: () => follower.forget(),
});

/**
 * Moves a follower along the ledger, and while it is more than a step behind, the live lane first: a fresh record never
 * waits behind an outage that drains faster than the follower can follow. Two cursors in one database, each moved in the
 * transaction of its records: one over the live lane, one over everything, which passes over what the first has taken. So
 * every record takes effect exactly once. For followers that do not depend on the order of the ledger.
 */
export class LiveFirstRunner {
  readonly #everything: FollowerRunner;
  readonly #live: FollowerRunner;
  readonly #ledger: LedgerReader;

  constructor(
    database: SqliteDatabase,
    ledger: LedgerReader & LiveLaneReader,
    follower: Follower,
    { decode, passOver }: LaneDecoders,
  ) {
    this.#ledger = ledger;
    // Decoded anew at every attempt: what the live lane has taken meanwhile must not come from a batch read before.
    const take = (source: LedgerRecord): DecodedLedgerRecord =>
      source.lane === "live" && source.lsn <= this.#live.lsn ? passOver(source) : decode(source);
    const everything = { readAfter: (lsn: number, limit: number) => ledger.readAfter(lsn, limit).map(readLate(take)) };
    const live = { readAfter: (lsn: number, limit: number) => ledger.readLiveAfter(lsn, limit).map(readLate(decode)) };
    this.#everything = new FollowerRunner(database, everything, follower);
    this.#live = new FollowerRunner(database, live, aheadOf(follower));
    this.#live.skipTo(this.#everything.lsn);
  }

  /** Everything up to here has taken effect; of the live lane perhaps more. */
  get lsn(): number {
    return this.#everything.lsn;
  }

  /**
   * Takes the next batch, of at most `limit` records of either kind. `taken` and `lsn` are those of the whole ledger.
   * @throws SqliteError when the store is full, busy or failing; nothing of the batch that failed has changed then
   */
  step(limit: number): FollowerStep {
    this.#live.skipTo(this.#everything.lsn);
    const head = this.#ledger.head();
    let refused = 0;
    if (head - this.#everything.lsn > limit) {
      const ahead = this.#live.step(limit);
      refused = ahead.refused;
      if (ahead.taken < limit) this.#live.skipTo(head);
    }
    const step = this.#everything.step(limit);
    return { ...step, refused: step.refused + refused };
  }
}
