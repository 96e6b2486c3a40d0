import { alertsMigrations } from "../src/alerts/alerts-database.ts";
import type { SqliteDatabase } from "../src/store/database.ts";
import { Database } from "../src/store/sqlite-engine.ts";

/** Lets `budget` writes through; the next ones fail as if the power had gone. */
export class Power {
  budget = Number.POSITIVE_INFINITY;
  writes = 0;

  spend(): void {
    this.writes++;
    this.budget--;
    if (this.budget < 0) throw new Database.SqliteError("power cut", "SQLITE_IOERR");
  }
}

/** A store of alerts in memory whose every write spends power. */
export const poweredStore = (power: Power): SqliteDatabase => {
  const database = new Database(":memory:");
  for (const migration of alertsMigrations) migration(database);
  const prepare = database.prepare.bind(database);
  database.prepare = ((source: string) => {
    const statement = prepare(source);
    const run = statement.run.bind(statement);
    statement.run = (...args: unknown[]) => {
      power.spend();
      return run(...args);
    };
    return statement;
  }) as typeof database.prepare;
  return database;
};

/** Breaks the store's promise that a transaction happens as a whole. */
export const plantPieces = (database: SqliteDatabase): void => {
  database.transaction = ((body: () => unknown) => Object.assign(() => body(), { immediate: () => body() })) as never;
};
