import type { Statement } from "better-sqlite3";
import type { LedgerGap, LedgerLine } from "../ledger/ledger-reader.ts";
import type { SqliteDatabase } from "../store/database.ts";

const lineText = (line: LedgerLine): string => `${line.status} ${line.heardHead} ${line.contiguousHead} ${line.stored}`;

/** Copies lines and gaps of the ledger into the projections, writing only what changed. Call in a transaction. */
export class LedgerMirror {
  readonly #saveLine: Statement<unknown[]>;
  readonly #clearGaps: Statement<unknown[]>;
  readonly #saveGap: Statement<unknown[]>;
  readonly #lines = new Map<string, string>();
  #gaps = "";

  constructor(database: SqliteDatabase) {
    this.#saveLine = database.prepare("INSERT OR REPLACE INTO ledger_line VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
    this.#clearGaps = database.prepare("DELETE FROM ledger_gap");
    this.#saveGap = database.prepare("INSERT INTO ledger_gap VALUES (?, ?, ?, ?, ?, ?, ?)");
  }

  /** Returns true when something changed. */
  write(lines: readonly LedgerLine[], gaps: readonly LedgerGap[]): boolean {
    let changed = false;
    for (const line of lines) {
      const { gw, ep, eid, status, heardHead, contiguousHead, stored, firstSeenAt } = line;
      const key = `${gw} ${ep} ${eid}`;
      const text = lineText(line);
      if (this.#lines.get(key) === text) continue;
      this.#saveLine.run(gw, ep, eid, status, heardHead, contiguousHead, stored, firstSeenAt);
      this.#lines.set(key, text);
      changed = true;
    }
    const gapsText = JSON.stringify(gaps);
    if (gapsText !== this.#gaps) {
      this.#clearGaps.run();
      for (const { gw, ep, eid, from, to, reason, at } of gaps) this.#saveGap.run(gw, ep, eid, from, to, reason, at);
      this.#gaps = gapsText;
      changed = true;
    }
    return changed;
  }

  /** Forgets what is written, because the transaction it belonged to did not commit. */
  forget(): void {
    this.#lines.clear();
    this.#gaps = "";
  }
}
