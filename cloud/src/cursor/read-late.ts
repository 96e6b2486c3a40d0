import type { LedgerRecord } from "../ledger/ledger-reader.ts";
import type { DecodedLedgerRecord } from "./decoded-record.ts";

class LateRead implements DecodedLedgerRecord {
  readonly source: LedgerRecord;
  readonly #decode: (source: LedgerRecord) => DecodedLedgerRecord;

  constructor(source: LedgerRecord, decode: (source: LedgerRecord) => DecodedLedgerRecord) {
    this.source = source;
    this.#decode = decode;
  }

  get content(): DecodedLedgerRecord["content"] {
    return this.#decode(this.source).content;
  }
}

/**
 * Decodes a record when its content is asked for, each time anew: of a batch one record is in memory, and not all of them
 * until the last is judged. For followers that ask once.
 */
export const readLate =
  (decode: (source: LedgerRecord) => DecodedLedgerRecord): ((source: LedgerRecord) => DecodedLedgerRecord) =>
  (source) =>
    new LateRead(source, decode);
