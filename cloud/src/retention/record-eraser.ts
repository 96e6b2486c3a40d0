import type { SqliteDatabase } from "../store/database.ts";
import type { HoldBook } from "./hold-book.ts";

/** One record to be erased, with what stays known of it. */
export interface DueRecord {
  readonly lsn: number;
  readonly kind: string;
  /** The record's own time as JSON; null when it cannot be read. */
  readonly t: string | null;
}

/** Who decided, and what makes something old enough. */
export interface ErasureDecision {
  readonly class: string;
  readonly reason: string;
  readonly by: string;
  readonly olderThanMs: number;
  readonly atMs: number;
}

/** A piece of work for the ledger's writer: everything in it in one transaction. */
export interface ErasureOrder {
  readonly decision: ErasureDecision;
  /** {@link HoldBook.version} under which this was chosen: if a hold has changed since, nothing is erased. */
  readonly holds: { readonly placed: number; readonly releases: number };
  readonly records: readonly DueRecord[];
  /** Everything of the class up to this number was gone through. */
  readonly upTo: number;
  /** Batches in quarantine, by id. */
  readonly quarantine: readonly number[];
  /** Payloads that were damaged on the way and came before this time are emptied; null: none. */
  readonly damaged: readonly number[];
  /** Nothing follows: the write-ahead log is emptied, so that no copy of what was erased stays in it. */
  readonly last: boolean;
}

/** What became of an order. */
export type ErasureOutcome = { readonly erased: number } | { readonly refused: "holds-changed" };

/** Where orders go, wherever the ledger's writer runs. Rejects while the store does not take it. */
export type EraseRecords = (order: ErasureOrder) => Promise<ErasureOutcome>;

/**
 * Carries out orders to erase, on the connection of the ledger's one writer. A transaction holds the decision, the names of
 * what it erased, the emptied rows and how far the class was gone through: a crash leaves all of it or nothing.
 */
export class RecordEraser {
  readonly #database: SqliteDatabase;
  readonly #holds: HoldBook;

  constructor(database: SqliteDatabase, holds: HoldBook) {
    this.#database = database;
    this.#holds = holds;
  }

  /** @throws SqliteError when the store does not take it now; nothing has changed then */
  erase(order: ErasureOrder): ErasureOutcome {
    const database = this.#database;
    const outcome = database.transaction(() => this.#apply(order)).immediate();
    if (order.last) database.pragma("wal_checkpoint(TRUNCATE)");
    return outcome;
  }

  #apply(order: ErasureOrder): ErasureOutcome {
    const { placed, releases } = this.#holds.version();
    if (placed !== order.holds.placed || releases !== order.holds.releases) return { refused: "holds-changed" };
    const { decision, records } = order;
    const size = records.length + order.quarantine.length + order.damaged.length;
    let erased = 0;
    if (size > 0) {
      const id = this.#decide(decision);
      erased = this.#empty(id, order);
    }
    this.#database
      .prepare("INSERT OR REPLACE INTO erasure_cursor (class, lsn, releases) VALUES (?, ?, ?)")
      .run(decision.class, order.upTo, releases);
    return { erased };
  }

  #decide({ class: name, reason, by, olderThanMs, atMs }: ErasureDecision): number {
    type Row = { id: number; class: string; by: string; reason: string; older: number } | undefined;
    const last = this.#database
      .prepare("SELECT id, class, by, reason, older_than_ms AS older FROM erasure ORDER BY id DESC LIMIT 1")
      .get() as Row;
    if (last?.class === name && last.by === by && last.reason === reason && last.older === olderThanMs) return last.id;
    const { lastInsertRowid } = this.#database
      .prepare("INSERT INTO erasure (class, reason, by, older_than_ms, at_ms) VALUES (?, ?, ?, ?, ?)")
      .run(name, reason, by, olderThanMs, atMs);
    return Number(lastInsertRowid);
  }

  #empty(id: number, { decision, records, quarantine, damaged }: ErasureOrder): number {
    const database = this.#database;
    const name = database.prepare(
      `INSERT INTO erased (lsn, line, seq, erasure, kind, t) SELECT lsn, line, seq, ?, ?, ? FROM record
       WHERE lsn = ? AND length(bytes) > 0 AND received_ms < ?`,
    );
    const empty = database.prepare("UPDATE record SET bytes = x'' WHERE lsn = ? AND length(bytes) > 0");
    let erased = 0;
    for (const { lsn, kind, t } of records) {
      if (name.run(id, kind.slice(0, 64), t, lsn, decision.olderThanMs).changes > 0) erased += empty.run(lsn).changes;
    }
    const batch = database.prepare(
      "UPDATE quarantine SET content = x'', erasure = ? WHERE id = ? AND received_ms < ? AND length(content) > 0",
    );
    for (const row of quarantine) erased += batch.run(id, row, decision.olderThanMs).changes;
    const payload = database.prepare("UPDATE damaged SET payload = NULL WHERE id = ? AND received_ms < ?");
    for (const row of damaged) erased += payload.run(row, decision.olderThanMs).changes;
    return erased;
  }
}
