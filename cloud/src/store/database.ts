import { MingchengError } from "@mingcheng/protocols/errors";
import type BetterSqlite from "better-sqlite3";
import { Database } from "./sqlite-engine.ts";

/** An open SQLite database. */
export type SqliteDatabase = BetterSqlite.Database;

/** One step forward of a database's layout. Steps are never changed once released, only added. */
export type Migration = (database: SqliteDatabase) => void;

/** How to open one of the centre's database files. */
export interface DatabaseOptions {
  readonly path: string;
  /** Layout steps from an empty file to the present layout; the number of steps is the layout's version. */
  readonly migrations: readonly Migration[];
}

const migrate = (database: SqliteDatabase, { path, migrations }: DatabaseOptions): void => {
  const version = Number(database.pragma("user_version", { simple: true }));
  if (version > migrations.length) {
    throw new MingchengError("STORE_TOO_NEW", `${path}: layout ${version}, this program knows ${migrations.length}`);
  }
  for (const [index, migration] of migrations.entries()) {
    if (index < version) continue;
    database.transaction(() => {
      migration(database);
      database.pragma(`user_version = ${index + 1}`);
    })();
  }
};

/**
 * Opens a database for its one writer: WAL, synchronous FULL (what is committed survives a power cut), deleted content
 * overwritten, layout brought forward step by step.
 * @throws {MingchengError} STORE_TOO_NEW when the file was written by a newer program; nothing is changed then
 */
export const openForWriting = (options: DatabaseOptions): SqliteDatabase => {
  const database = new Database(options.path);
  try {
    database.pragma("busy_timeout = 5000");
    database.pragma("journal_mode = WAL");
    database.pragma("synchronous = FULL");
    database.pragma("cache_size = -65536");
    database.pragma("foreign_keys = ON");
    // From the first row on: what is erased later must not live on in pages that were split before.
    database.pragma("secure_delete = ON");
    migrate(database, options);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
};

/** Opens an existing database on a connection that cannot write, beside its one writer. */
export const openForReading = (path: string): SqliteDatabase => {
  const database = new Database(path, { readonly: true, fileMustExist: true });
  database.pragma("busy_timeout = 1000");
  database.pragma("cache_size = -32768");
  return database;
};

/** SQLite result codes that say the store, not the data, is at fault: trying again later can help. */
export const isStoreFault = (error: unknown): boolean =>
  error instanceof Database.SqliteError &&
  /^SQLITE_(BUSY|LOCKED|FULL|IOERR|READONLY|CANTOPEN|NOMEM|PROTOCOL|INTERRUPT)/.test(error.code);
