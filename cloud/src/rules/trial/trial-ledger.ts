import type { LedgerGap, LedgerLine, LedgerReader, LedgerRecord } from "../../ledger/ledger-reader.ts";

/** A ledger in memory, for rules that are tried out: what was pushed, in that order. */
export class TrialLedger implements LedgerReader {
  readonly #records: LedgerRecord[] = [];

  push(record: Omit<LedgerRecord, "lsn">): void {
    this.#records.push({ ...record, lsn: this.#records.length + 1 });
  }

  readAfter(lsn: number, limit: number): readonly LedgerRecord[] {
    return this.#records.slice(lsn, lsn + limit);
  }

  head(): number {
    return this.#records.length;
  }

  onAppend(): () => void {
    return () => undefined;
  }

  gaps(): readonly LedgerGap[] {
    return [];
  }

  lines(): readonly LedgerLine[] {
    return [];
  }

  close(): void {
    this.#records.length = 0;
  }
}
