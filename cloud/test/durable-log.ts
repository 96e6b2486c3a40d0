import type { SqliteDatabase } from "../src/store/database.ts";

/**
 * Knows what of a table would be there after a power cut: what was committed up to the last commit that waited for the
 * disk (`synchronous` FULL), which takes all before it along. Put over a connection before anything uses it.
 */
export class DurableLog {
  readonly #database: SqliteDatabase;
  readonly #query: string;
  #rows: readonly unknown[] = [];

  constructor(database: SqliteDatabase, query: string) {
    this.#database = database;
    this.#query = query;
    const transaction = database.transaction.bind(database);
    database.transaction = ((body: (...args: unknown[]) => unknown) => {
      const inner = transaction(body);
      const committing =
        (run: (...args: unknown[]) => unknown) =>
        (...args: unknown[]): unknown => {
          const result = run(...args);
          if (!database.inTransaction) this.#committed();
          return result;
        };
      return Object.assign(committing(inner), { immediate: committing((...args) => inner.immediate(...args)) });
    }) as typeof database.transaction;
  }

  #committed(): void {
    const full = 2;
    if (this.#database.pragma("synchronous", { simple: true }) === full) this.#rows = this.#now();
  }

  #now(): readonly unknown[] {
    return this.#database.prepare(this.#query).raw().all();
  }

  /** Rows that a power cut leaves. */
  rows(): readonly unknown[] {
    return this.#rows;
  }
}

/** Breaks the promise: commits never wait for the disk. */
export const plantHaste = (database: SqliteDatabase): void => {
  const pragma = database.pragma.bind(database);
  database.pragma = ((text: string, options?: never) =>
    pragma(text.replace("synchronous = FULL", "synchronous = NORMAL"), options)) as typeof database.pragma;
  database.pragma("synchronous = NORMAL");
};
