import type { LedgerReader } from "../ledger/ledger-reader.ts";
import { type DecodedLedgerRecord, decodeLedgerRecord } from "./decoded-record.ts";

/**
 * Reads and decodes the ledger for several followers that usually stand at the same place, so that the same records are
 * read and parsed once.
 */
export class LedgerFeed {
  readonly #ledger: LedgerReader;
  readonly #decode: typeof decodeLedgerRecord;
  #after = -1;
  #limit = 0;
  #batch: readonly DecodedLedgerRecord[] = [];

  /** `decode` left out: every record is read and checked as a whole. */
  constructor(ledger: LedgerReader, decode: typeof decodeLedgerRecord = decodeLedgerRecord) {
    this.#ledger = ledger;
    this.#decode = decode;
  }

  /** Records behind `lsn`, at most `limit`, decoded. */
  readAfter(lsn: number, limit: number): readonly DecodedLedgerRecord[] {
    // An empty or short answer may have grown since; only a non-empty one is worth keeping, and it stays true.
    if (lsn === this.#after && limit === this.#limit && this.#batch.length > 0) return this.#batch;
    this.#after = lsn;
    this.#limit = limit;
    this.#batch = this.#ledger.readAfter(lsn, limit).map(this.#decode);
    return this.#batch;
  }

  /** The ledger's largest number. */
  head(): number {
    return this.#ledger.head();
  }
}
