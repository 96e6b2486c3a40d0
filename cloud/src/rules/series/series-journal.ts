import type { Statement } from "better-sqlite3";
import type { SqliteDatabase } from "../../store/database.ts";
import type { Observation } from "../observation.ts";

/** Where the latest observation of a group stands, in time and place. */
export type Moment = Pick<
  Observation,
  "gw" | "dev" | "site" | "boot" | "monoMs" | "wallMs" | "rank" | "receivedMs" | "atMs" | "lsn"
>;

/** What of a moment changes from one record of a device to the next. */
export type Reading = Pick<Observation, "monoMs" | "wallMs" | "rank" | "receivedMs" | "atMs" | "lsn">;

/** That a group's latest observation is another one, which says the same. */
export interface SeriesEntry {
  readonly rule: string;
  readonly groupKey: string;
  /** Ids of the line and the boot. */
  readonly line: number;
  readonly boot: number;
  readonly reading: Reading;
}

/** One entry as it is stored: shorter than with names. */
type Stored = [
  ...[rule: string, groupKey: string, line: number, boot: number],
  ...[monoMs: number, wallMs: number, rank: Reading["rank"], receivedMs: number, atMs: number, lsn: number],
];

/** Where and when an observation was made. */
export const momentOfRecord = (observation: Observation): Moment => {
  const { gw, dev, site, boot, monoMs, wallMs, rank, receivedMs, atMs, lsn } = observation;
  return { gw, dev, site, boot, monoMs, wallMs, rank, receivedMs, atMs, lsn };
};

/** Later observations that say the same as those before, one row for each transaction, in the caller's. */
export class SeriesJournal {
  readonly #insert: Statement<unknown[]>;
  readonly #prune: Statement<unknown[]>;
  readonly #all: Statement<unknown[]>;
  #added: Stored[] = [];
  #last: number;

  constructor(database: SqliteDatabase) {
    this.#insert = database.prepare("INSERT INTO series_journal VALUES (?, ?)");
    this.#prune = database.prepare("DELETE FROM series_journal WHERE id < ?");
    this.#all = database.prepare("SELECT entries FROM series_journal ORDER BY id").pluck();
    this.#last = (database.prepare("SELECT max(id) FROM series_journal").pluck().get() as number | null) ?? 0;
  }

  /** Number of the row that is being gathered. */
  get next(): number {
    return this.#last + 1;
  }

  add({ rule, groupKey, line, boot, reading }: SeriesEntry): void {
    const { monoMs, wallMs, rank, receivedMs, atMs, lsn } = reading;
    this.#added.push([rule, groupKey, line, boot, monoMs, wallMs, rank, receivedMs, atMs, lsn]);
  }

  /** Writes what was added and returns how many entries that were. */
  flush(): number {
    const { length } = this.#added;
    if (length === 0) return 0;
    this.#last++;
    this.#insert.run(this.#last, JSON.stringify(this.#added));
    this.#added = [];
    return length;
  }

  /** Every entry that there is, in order. */
  *read(): Iterable<SeriesEntry> {
    for (const entries of this.#all.iterate() as Iterable<string>) {
      for (const [rule, groupKey, line, boot, ...times] of JSON.parse(entries) as Stored[]) {
        const [monoMs, wallMs, rank, receivedMs, atMs, lsn] = times;
        yield { rule, groupKey, line, boot, reading: { monoMs, wallMs, rank, receivedMs, atMs, lsn } };
      }
    }
  }

  /** Drops rows before one. */
  prune(before: number): void {
    this.#prune.run(before);
  }

  /** Drops everything, also what was added and not written. */
  clear(): void {
    this.#added = [];
    this.#prune.run(this.next);
  }
}
