import type { SqliteDatabase } from "../store/database.ts";
import { isStoreFault } from "../store/database.ts";
import { CursorStore } from "./cursor-store.ts";
import type { DecodedLedgerRecord } from "./decoded-record.ts";
import type { Follower, Refused } from "./follower.ts";

/** Where a follower's records come from, decoded. `LedgerFeed` is one. */
export interface DecodedFeed {
  /** Records behind `lsn`, ascending, at most `limit`. */
  readAfter(lsn: number, limit: number): readonly DecodedLedgerRecord[];
}

/** What one step of a follower did. */
export interface FollowerStep {
  /** Records taken; 0 = it has caught up. */
  readonly taken: number;
  readonly refused: number;
  /** Cursor afterwards. */
  readonly lsn: number;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * Moves one follower along the ledger: a batch and the cursor in one transaction. A record on which the follower itself
 * fails goes into quarantine alone, and what follows is not held up; a fault of the store is passed on instead, because
 * the same batch can succeed later.
 */
export class FollowerRunner {
  readonly follower: Follower;
  readonly #database: SqliteDatabase;
  readonly #cursors: CursorStore;
  readonly #feed: DecodedFeed;
  #lsn: number;

  constructor(database: SqliteDatabase, feed: DecodedFeed, follower: Follower) {
    this.follower = follower;
    this.#database = database;
    this.#feed = feed;
    this.#cursors = new CursorStore(database);
    const position = this.#cursors.read(follower.name);
    this.#lsn = position?.lsn ?? 0;
    if (position === undefined || position.version !== follower.version) this.rebuild();
  }

  /** Last ledger number whose effects are committed. */
  get lsn(): number {
    return this.#lsn;
  }

  /** Throws away everything the follower made and starts again at the ledger's first record. */
  rebuild(): void {
    const { name, version } = this.follower;
    this.#transaction(() => {
      this.follower.reset();
      this.#cursors.clearQuarantine(name);
      this.#cursors.write(name, { version, lsn: 0 });
    });
    this.#lsn = 0;
  }

  /** Nothing up to `lsn` is for this follower. On disk with the next batch; back is no way. */
  skipTo(lsn: number): void {
    this.#lsn = Math.max(this.#lsn, lsn);
  }

  /**
   * Takes the next batch of at most `limit` records.
   * @throws SqliteError when the store is full, busy or failing; nothing has changed then
   */
  step(limit: number): FollowerStep {
    const batch = this.#feed.readAfter(this.#lsn, limit);
    const last = batch.at(-1);
    if (last === undefined) return { taken: 0, refused: 0, lsn: this.#lsn };
    let refused: number;
    try {
      refused = this.#apply(batch);
    } catch (error) {
      if (isStoreFault(error)) throw error;
      refused = this.#applyOneByOne(batch);
    }
    return { taken: batch.length, refused, lsn: this.#lsn };
  }

  #apply(batch: readonly DecodedLedgerRecord[]): number {
    const lsn = batch.at(-1)?.source.lsn ?? this.#lsn;
    const refused = this.#transaction(() => this.#keep(lsn, this.follower.apply(batch)));
    this.#lsn = lsn;
    return refused;
  }

  #applyOneByOne(batch: readonly DecodedLedgerRecord[]): number {
    let refused = 0;
    for (const decoded of batch) {
      try {
        refused += this.#apply([decoded]);
      } catch (error) {
        if (isStoreFault(error)) throw error;
        const reason = `follower: ${messageOf(error)}`;
        this.#transaction(() => this.#keep(decoded.source.lsn, [{ decoded, reason }]));
        this.#lsn = decoded.source.lsn;
        refused++;
      }
    }
    return refused;
  }

  #keep(lsn: number, refused: readonly Refused[]): number {
    const { name, version } = this.follower;
    for (const item of refused) this.#cursors.quarantine(name, item);
    this.#cursors.write(name, { version, lsn });
    return refused.length;
  }

  #transaction<Result>(body: () => Result): Result {
    try {
      return this.#database.transaction(body).immediate();
    } catch (error) {
      this.follower.forget();
      throw error;
    }
  }
}
