import type { Statement } from "better-sqlite3";
import type { Migration, SqliteDatabase } from "../store/database.ts";
import type { Refused } from "./follower.ts";

/** Tables that every database with followers has. */
export const cursorMigration: Migration = (database) => {
  database.exec(`
    CREATE TABLE cursor (name TEXT PRIMARY KEY, version INTEGER NOT NULL, lsn INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE quarantine (
      follower TEXT NOT NULL, lsn INTEGER NOT NULL, gw TEXT NOT NULL, ep INTEGER NOT NULL, eid TEXT NOT NULL,
      seq INTEGER NOT NULL, kind TEXT, reason TEXT NOT NULL, bytes BLOB, received_at TEXT NOT NULL,
      PRIMARY KEY (follower, lsn)) STRICT;
  `);
};

/** A follower's place in the ledger: everything up to `lsn` has taken effect. */
export interface CursorPosition {
  readonly version: number;
  readonly lsn: number;
}

/** Cursors and quarantine of one database. Call inside the transaction of the effects. */
export class CursorStore {
  readonly #read: Statement<[string]>;
  readonly #write: Statement<[string, number, number]>;
  readonly #refuse: Statement<unknown[]>;
  readonly #clear: Statement<[string]>;

  constructor(database: SqliteDatabase) {
    this.#read = database.prepare("SELECT version, lsn FROM cursor WHERE name = ?");
    this.#write = database.prepare(
      "INSERT INTO cursor VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET version = excluded.version, lsn = excluded.lsn",
    );
    this.#refuse = database.prepare("INSERT OR REPLACE INTO quarantine VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    this.#clear = database.prepare("DELETE FROM quarantine WHERE follower = ?");
  }

  read(name: string): CursorPosition | undefined {
    return this.#read.get(name) as CursorPosition | undefined;
  }

  write(name: string, position: CursorPosition): void {
    this.#write.run(name, position.version, position.lsn);
  }

  quarantine(name: string, { decoded, reason }: Refused): void {
    const { source, content } = decoded;
    const kind = content.type === "unreadable" ? content.kind : content.type === "record" ? content.record.kind : null;
    const { lsn, gw, ep, eid, seq, bytes, receivedMs } = source;
    this.#refuse.run(
      name,
      lsn,
      gw,
      ep,
      eid,
      seq,
      kind,
      reason.slice(0, 512),
      bytes,
      new Date(receivedMs).toISOString(),
    );
  }

  clearQuarantine(name: string): void {
    this.#clear.run(name);
  }
}
