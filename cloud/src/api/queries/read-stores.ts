import { join } from "node:path";
import { MingchengError } from "@mingcheng/protocols";
import { openForReading, type SqliteDatabase } from "../../store/database.ts";

/** Databases of a centre that the API reads. */
export type StoreName = "register" | "ledger" | "projections" | "alerts";

/** One store on a connection that cannot write. */
interface OpenStore {
  readonly database: SqliteDatabase;
  /** Counts commits by other connections. */
  version(): number;
}

/**
 * Reading connections to the stores of a data directory, opened when first needed and again after a failure: another
 * thread writes them, and may still be making them.
 */
export class ReadStores {
  readonly #dataDirectory: string;
  readonly #open = new Map<StoreName, OpenStore>();

  constructor(dataDirectory: string) {
    this.#dataDirectory = dataDirectory;
  }

  /** @throws {MingchengError} CENTRE_FAULT (retryable) while the store cannot be opened */
  database(name: StoreName): SqliteDatabase {
    return this.#store(name).database;
  }

  /** Changes whenever somebody has committed to the store. @throws {MingchengError} as `database` */
  version(name: StoreName): number {
    return this.#store(name).version();
  }

  /** Runs `read` on one unchanging state of the store. */
  snapshot<Result>(name: StoreName, read: (database: SqliteDatabase) => Result): Result {
    const database = this.database(name);
    return database.transaction(() => read(database)).deferred();
  }

  #store(name: StoreName): OpenStore {
    let store = this.#open.get(name);
    if (store === undefined) {
      store = this.#opened(name);
      this.#open.set(name, store);
    }
    return store;
  }

  #opened(name: StoreName): OpenStore {
    try {
      const database = openForReading(join(this.#dataDirectory, `${name}.db`));
      const dataVersion = database.prepare("PRAGMA data_version").pluck();
      return { database, version: () => dataVersion.get() as number };
    } catch (cause) {
      throw new MingchengError("CENTRE_FAULT", `${name}.db cannot be read now`, { cause });
    }
  }

  close(): void {
    for (const { database } of this.#open.values()) database.close();
    this.#open.clear();
  }
}

/** Milliseconds since 1970 as ISO 8601 UTC. */
export const isoTime = (ms: number): string => new Date(ms).toISOString();

/** As {@link isoTime}; null stays null. */
export const isoTimeOrNull = (ms: number | null): string | null => (ms === null ? null : isoTime(ms));
