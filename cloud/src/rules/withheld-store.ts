import type { Statement } from "better-sqlite3";
import type { SqliteDatabase } from "../store/database.ts";
import { isLater, type Observation } from "./observation.ts";

/** Observations of disputed lines, which raise nothing until the line is decided for. In the caller's transaction. */
export class WithheldStore {
  readonly #find: Statement<unknown[]>;
  readonly #save: Statement<unknown[]>;
  readonly #ofLine: Statement<unknown[]>;
  readonly #clear: Statement<unknown[]>;

  constructor(database: SqliteDatabase) {
    this.#find = database
      .prepare("SELECT observation FROM withheld WHERE line = ? AND rule = ? AND identity = ?")
      .pluck();
    this.#save = database.prepare("INSERT OR REPLACE INTO withheld VALUES (?, ?, ?, ?, ?)");
    this.#ofLine = database.prepare("SELECT observation FROM withheld WHERE line = ? ORDER BY lsn").pluck();
    this.#clear = database.prepare("DELETE FROM withheld WHERE line = ?");
  }

  /** Keeps an observation; of one identity only the latest. */
  keep(line: number, observation: Observation): void {
    const known = this.#find.get(line, observation.rule, observation.identity) as string | undefined;
    if (known !== undefined && !isLater(observation, JSON.parse(known) as Observation)) return;
    const { rule, identity, lsn } = observation;
    this.#save.run(rule, identity, line, lsn, JSON.stringify(observation));
  }

  /** Hands out a line's observations in ledger order and forgets them. */
  take(line: number): Observation[] {
    const observations = (this.#ofLine.all(line) as string[]).map((text) => JSON.parse(text) as Observation);
    this.#clear.run(line);
    return observations;
  }
}
