import type { DutyOfficer } from "@mingcheng/protocols";
import type { Statement } from "better-sqlite3";
import { minuteOf } from "../register/model/validity.ts";
import type { SqliteDatabase } from "../store/database.ts";

interface OfficerRow {
  readonly code: string;
  readonly name: string;
  readonly login: string;
  readonly from: number;
  readonly to: number;
}

/**
 * Names of the people whom histories know by user name or officer's code, as the register said at the time. Where it said
 * nothing, the name it had said last before counts, else the first one after.
 */
export class People {
  readonly #database: () => SqliteDatabase;
  readonly #version: () => number;
  #read: Statement<unknown[]> | undefined;
  #known: number | undefined;
  #byWord = new Map<string, OfficerRow[]>();

  /** `version` changes whenever somebody has committed to the register. */
  constructor(database: () => SqliteDatabase, version: () => number) {
    this.#database = database;
    this.#version = version;
  }

  /** Name of a user or officer at a time; undefined where the register never knew one. */
  nameOf(word: string, atMs: number): string | undefined {
    const rows = this.#rowsOf(word);
    const minute = minuteOf(atMs);
    const then = rows.find(({ from, to }) => from <= minute && minute < to);
    const row = then ?? rows.findLast(({ from }) => from <= minute) ?? rows[0];
    return row?.name === "" ? undefined : row?.name;
  }

  /** Officers who sign in under a user name now: one, unless the register has a person's posts as several. */
  officersOf(user: string, atMs: number): DutyOfficer[] {
    const minute = minuteOf(atMs);
    return this.#rowsOf(user)
      .filter(({ login, from, to }) => login === user && from <= minute && minute < to)
      .map(({ code, name }) => ({ code, name }));
  }

  #rowsOf(word: string): readonly OfficerRow[] {
    const version = this.#version();
    if (version !== this.#known) {
      this.#byWord = this.#load();
      this.#known = version;
    }
    return this.#byWord.get(word) ?? [];
  }

  /** User names before codes, each in the order of its validity. */
  #load(): Map<string, OfficerRow[]> {
    this.#read ??= this.#database().prepare(
      `SELECT code, name, login, valid_from AS "from", valid_to AS "to" FROM officer WHERE until_change IS NULL
       ORDER BY valid_from`,
    );
    const rows = this.#read.all() as OfficerRow[];
    const byWord = new Map<string, OfficerRow[]>();
    const add = (word: string, row: OfficerRow): void => {
      const known = byWord.get(word);
      if (known === undefined) byWord.set(word, [row]);
      else known.push(row);
    };
    for (const row of rows) if (row.login !== "") add(row.login, row);
    const logins = new Set(byWord.keys());
    for (const row of rows) if (!logins.has(row.code)) add(row.code, row);
    return byWord;
  }
}
