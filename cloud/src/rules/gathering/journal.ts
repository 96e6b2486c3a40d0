import type { Statement } from "better-sqlite3";
import type { SqliteDatabase } from "../../store/database.ts";
import type { FactValue } from "./fact-columns.ts";
import { type Addition, PackedAdditions, readAdditions } from "./packed-additions.ts";

interface Row {
  readonly id: number;
  readonly additions: Uint8Array;
}

/** Additions to what is gathered, one row for each transaction, in the caller's. */
export class Journal {
  readonly #insert: Statement<unknown[]>;
  readonly #prune: Statement<unknown[]>;
  readonly #all: Statement<unknown[]>;
  readonly #additions = new PackedAdditions();
  #last: number;

  constructor(database: SqliteDatabase) {
    this.#insert = database.prepare("INSERT INTO gathered_journal VALUES (?, ?)");
    this.#prune = database.prepare("DELETE FROM gathered_journal WHERE id < ?");
    this.#all = database.prepare("SELECT id, additions FROM gathered_journal ORDER BY id");
    const last = database.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'gathered_journal'").pluck();
    this.#last = (last.get() as number | undefined) ?? 0;
  }

  /** Number of the last row. */
  get last(): number {
    return this.#last;
  }

  /** Number of the row that is being gathered. */
  get next(): number {
    return this.#last + 1;
  }

  add(group: number, epoch: number, atMs: number, line: number, value: FactValue): void {
    this.#additions.add(group, epoch, atMs, line, value);
  }

  /** Writes what was added and returns how many entries that were. */
  flush(): number {
    const { entries } = this.#additions;
    if (entries === 0) return 0;
    this.#last++;
    this.#insert.run(this.#last, this.#additions.take());
    return entries;
  }

  /** Every row that there is, addition by addition. */
  read(each: (id: number, addition: Addition) => void): void {
    for (const { id, additions } of this.#all.iterate() as Iterable<Row>) {
      readAdditions(additions, (addition) => each(id, addition));
    }
  }

  /** Drops rows before one. */
  prune(before: number): void {
    this.#prune.run(before);
  }
}
