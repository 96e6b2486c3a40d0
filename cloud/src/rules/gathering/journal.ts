import type { Statement } from "better-sqlite3";
import type { SqliteDatabase } from "../../store/database.ts";
import type { FactValue } from "./fact-columns.ts";
import type { Added } from "./gathered-group.ts";

/** What was added to which part of which group. */
interface JournalAddition extends Added {
  readonly group: number;
  readonly epoch: number;
}

/** Additions to one group by one record: group, time, line, then epoch and value of each part. */
type Entry = (number | FactValue)[];

interface Row {
  readonly id: number;
  readonly entries: string;
}

/** Additions to what is gathered, one row for each transaction, in the caller's. */
export class Journal {
  readonly #insert: Statement<unknown[]>;
  readonly #prune: Statement<unknown[]>;
  readonly #all: Statement<unknown[]>;
  #last: number;
  #entries: Entry[] = [];
  #entry: Entry = [];

  constructor(database: SqliteDatabase) {
    this.#insert = database.prepare("INSERT INTO gathered_journal VALUES (?, ?)");
    this.#prune = database.prepare("DELETE FROM gathered_journal WHERE id < ?");
    this.#all = database.prepare("SELECT id, entries FROM gathered_journal ORDER BY id");
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
    const entry = this.#entry;
    if (entry[0] === group && entry[1] === atMs && entry[2] === line) entry.push(epoch, value);
    else {
      this.#entry = [group, atMs, line, epoch, value];
      this.#entries.push(this.#entry);
    }
  }

  /** Writes what was added and returns how many entries that were. */
  flush(): number {
    const { length } = this.#entries;
    if (length === 0) return 0;
    this.#last++;
    this.#insert.run(this.#last, JSON.stringify(this.#entries));
    this.#entries = [];
    this.#entry = [];
    return length;
  }

  /** Every row that there is, addition by addition. */
  read(each: (id: number, addition: JournalAddition) => void): void {
    for (const { id, entries } of this.#all.iterate() as Iterable<Row>) {
      for (const [group, atMs, line, ...parts] of JSON.parse(entries) as [number, number, number, ...FactValue[]][]) {
        for (let at = 0; at < parts.length; at += 2) {
          each(id, { group, epoch: parts[at] as number, atMs, line, value: parts[at + 1] ?? null });
        }
      }
    }
  }

  /** Drops rows before one. */
  prune(before: number): void {
    this.#prune.run(before);
  }
}
