import type { Statement } from "better-sqlite3";
import type { ErasureReader } from "../ledger/ledger-reader.ts";
import type { SqliteDatabase } from "../store/database.ts";

/** Erasures that are followed in one transaction. */
const stepErasures = 1_000;

/**
 * Follows what is erased in the ledger behind a follower's cursor, by a cursor of its own in the same database, so that
 * whatever was made from a record goes when the record goes.
 */
export class ErasureFollower {
  readonly #ledger: ErasureReader;
  readonly #follower: string;
  readonly #name: string;
  readonly #read: Statement<unknown[]>;
  readonly #write: Statement<unknown[]>;
  readonly #quarantine: Statement<unknown[]>;

  /** `name`: the follower whose quarantine is cleared, and in whose name the cursor stands. */
  constructor(database: SqliteDatabase, ledger: ErasureReader, name: string) {
    this.#ledger = ledger;
    this.#follower = name;
    this.#name = `${name}-erasures`;
    this.#read = database.prepare("SELECT lsn FROM cursor WHERE name = ?").pluck();
    this.#write = database.prepare(
      "INSERT INTO cursor VALUES (?, 1, ?) ON CONFLICT (name) DO UPDATE SET lsn = excluded.lsn",
    );
    this.#quarantine = database.prepare("DELETE FROM quarantine WHERE follower = ? AND lsn = ?");
  }

  /**
   * Takes the next erasures of records up to `position`, the follower's own; what lies ahead of it waits. Call in a
   * transaction. Returns how many were taken.
   */
  step(position: number, erase: (lsns: readonly number[]) => void): number {
    const from = (this.#read.get(this.#name) as number | undefined) ?? 0;
    const next = this.#ledger.erasedAfter(from, stepErasures);
    const ahead = next.findIndex(({ lsn }) => lsn > position);
    const taken = ahead < 0 ? next : next.slice(0, ahead);
    const last = taken.at(-1);
    if (last === undefined) return 0;
    erase(taken.map(({ lsn }) => lsn));
    for (const { lsn } of taken) this.#quarantine.run(this.#follower, lsn);
    this.#write.run(this.#name, last.id);
    return taken.length;
  }
}
