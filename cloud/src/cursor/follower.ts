import type { DecodedLedgerRecord } from "./decoded-record.ts";

/** A record that a follower could not use, as it goes into quarantine. */
export interface Refused {
  readonly decoded: DecodedLedgerRecord;
  /** Names the field, or the fault of the follower. */
  readonly reason: string;
}

/**
 * Something that is made from the ledger, record by record in ledger order, and can be thrown away and made again. All
 * methods run inside the transaction that also moves the follower's cursor, so every record takes effect exactly once.
 */
export interface Follower {
  /** Stable name, also of its cursor. */
  readonly name: string;
  /** Grows with every change of meaning; a stored cursor of another version makes the follower start over. */
  readonly version: number;
  /** Forgets everything and lays out empty tables. */
  reset(): void;
  /** Takes the next records; the ones it returns go into quarantine. May throw: nothing of the call then remains. */
  apply(batch: readonly DecodedLedgerRecord[]): readonly Refused[];
  /** Drops what it holds in memory, because the transaction it belonged to did not commit. */
  forget(): void;
}
