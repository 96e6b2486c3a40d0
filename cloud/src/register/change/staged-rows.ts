import type { SqliteDatabase } from "../../store/database.ts";
import { headerOf, type RegisterKind } from "../model/register-kind.ts";

/** A row of a file or request, read and checked by itself: the texts of its kind's columns and its validity. */
export interface StagedRow {
  readonly row: number;
  readonly values: readonly string[];
  readonly from: number;
  readonly to: number;
}

/** Quotes column names; `prefix` is an alias with its dot. */
export const columnList = (names: readonly string[], prefix = ""): string =>
  names.map((name) => `${prefix}"${name}"`).join(", ");

/** Joins two aliases on columns. */
export const sameColumns = (names: readonly string[], a: string, b: string): string =>
  names.map((name) => `${a}."${name}" = ${b}."${name}"`).join(" AND ");

/** Names of a kind's own columns. */
export const columnNames = ({ columns }: RegisterKind): string[] => columns.map(({ name }) => name);

/**
 * Rows on their way into the register, in temporary tables of one connection: on disk when there are many, invisible to
 * others, and without any lock on the register itself.
 */
export class StagedRows {
  readonly kind: RegisterKind;
  readonly #database: SqliteDatabase;

  constructor(database: SqliteDatabase, kind: RegisterKind) {
    this.#database = database;
    this.kind = kind;
    this.drop();
    const { table, key } = kind;
    const columns = columnNames(kind).map((name) => `"${name}" TEXT NOT NULL`);
    database.exec(`
      CREATE TEMP TABLE staged_${table} (
        row INTEGER PRIMARY KEY, ${columns.join(", ")}, valid_from INTEGER NOT NULL, valid_to INTEGER NOT NULL);
      CREATE TEMP TABLE touched_${table} (row INTEGER, old_id INTEGER, new_id INTEGER);
      CREATE INDEX temp.staged_${table}_key ON staged_${table} (${columnList(key)}, valid_from);`);
  }

  /** Takes rows, in transactions of some thousands. Yields between them when the source does. */
  async fill(rows: AsyncIterable<StagedRow>): Promise<void> {
    const add = this.#adder();
    const commit = this.#database.transaction((batch: readonly StagedRow[]) => {
      for (const row of batch) add(row);
    });
    let batch: StagedRow[] = [];
    for await (const row of rows) {
      batch.push(row);
      if (batch.length < 5000) continue;
      commit(batch);
      batch = [];
    }
    commit(batch);
  }

  /** Takes a few rows at once. */
  add(rows: readonly StagedRow[]): void {
    const add = this.#adder();
    for (const row of rows) add(row);
  }

  /** Forgets them. */
  drop(): void {
    const { table } = this.kind;
    this.#database.exec(`DROP TABLE IF EXISTS temp.staged_${table}; DROP TABLE IF EXISTS temp.touched_${table}`);
  }

  #adder(): (row: StagedRow) => void {
    const places = headerOf(this.kind).map(() => "?");
    const insert = this.#database.prepare(`INSERT INTO staged_${this.kind.table} VALUES (?, ${places.join(", ")})`);
    return ({ row, values, from, to }) => insert.run(row, ...values, from, to);
  }
}
