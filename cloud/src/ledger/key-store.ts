import type { AddedKey } from "@mingcheng/protocols";
import type { Statement } from "better-sqlite3";
import type { SqliteDatabase } from "../store/database.ts";

/** A key that a rotation statement brought in. Times are milliseconds since 1970, by the centre. */
export interface RotatedKey {
  readonly kid: string;
  readonly publicKey: Uint8Array;
  readonly replaces: string;
  readonly receivedMs: number;
}

interface KeyRow {
  kid: string;
  public_key: Buffer;
  replaces: string;
  received_ms: number;
}

const keyOf = ({ kid, public_key, replaces, received_ms }: KeyRow): RotatedKey => ({
  kid,
  publicKey: new Uint8Array(public_key),
  replaces,
  receivedMs: received_ms,
});

/** The key logs of all gateways as the ledger keeps them: every statement that held, in the order in which it came. */
export class KeyStore {
  readonly #known = new Map<string, RotatedKey>();
  readonly #find: Statement<unknown[]>;
  readonly #all: Statement<unknown[]>;
  readonly #database: SqliteDatabase;

  constructor(database: SqliteDatabase) {
    this.#database = database;
    this.#find = database.prepare(
      "SELECT kid, public_key, replaces, received_ms FROM key_log WHERE gw = ? AND kid = ?",
    );
    this.#all = database.prepare("SELECT kid, public_key, replaces, received_ms FROM key_log WHERE gw = ? ORDER BY id");
  }

  find(gw: string, kid: string): RotatedKey | undefined {
    const name = `${gw}/${kid}`;
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const row = this.#find.get(gw, kid) as KeyRow | undefined;
    if (row === undefined) return undefined;
    const key = keyOf(row);
    this.#known.set(name, key);
    return key;
  }

  /** Every key of a gateway that came by a rotation, oldest first. */
  all(gw: string): RotatedKey[] {
    return (this.#all.all(gw) as KeyRow[]).map(keyOf);
  }

  /** The rotation statements themselves, as they came, by the key that each brought in. */
  statements(gw: string): { readonly kid: string; readonly statement: Uint8Array }[] {
    return this.#database.prepare("SELECT kid, statement FROM key_log WHERE gw = ? ORDER BY id").all(gw) as {
      kid: string;
      statement: Buffer;
    }[];
  }

  /** Keeps a statement that holds. */
  add(gw: string, { kid, publicKey, replaces, at, statement }: AddedKey, nowMs: number): void {
    this.#database
      .prepare(
        `INSERT INTO key_log (gw, kid, public_key, replaces, at, statement, received_ms) VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (gw, kid) DO NOTHING`,
      )
      .run(gw, kid, publicKey, replaces, at, statement, nowMs);
  }

  /** Drops everything held in memory. */
  forget(): void {
    this.#known.clear();
  }
}
