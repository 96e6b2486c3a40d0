import type { Migration, SqliteDatabase } from "../store/database.ts";
import { AlertStore } from "./alert-store.ts";

/**
 * Pictures that people took of an alert's place, in `alerts.db`, so that a backup has them and they are erased with their
 * alert. Append-only; one picture of an alert is kept once.
 */
export const pictureTables: Migration = (database) => {
  database.exec(`
    CREATE TABLE picture (
      alert TEXT NOT NULL REFERENCES alert, sha256 TEXT NOT NULL, type TEXT NOT NULL, taken_ms INTEGER NOT NULL,
      received_ms INTEGER NOT NULL, actor TEXT NOT NULL, content BLOB NOT NULL, PRIMARY KEY (alert, sha256)) STRICT;
    CREATE TRIGGER picture_unchanged BEFORE UPDATE ON picture BEGIN SELECT RAISE(ABORT, 'evidence is append-only'); END;
  `);
};

/** A picture on its way in. */
export interface NewPicture {
  readonly alert: string;
  /** Hexadecimal; checked against the content already. */
  readonly sha256: string;
  readonly type: string;
  /** By the clock that took it, and by the centre's; milliseconds since 1970. */
  readonly takenMs: number;
  readonly receivedMs: number;
  readonly actor: string;
  readonly content: Uint8Array;
}

/** What became of a picture. `full`: the alert has as many as it may have. */
export type PictureOutcome =
  | { readonly outcome: "done" | "already"; readonly receivedMs: number }
  | { readonly outcome: "full" };

/**
 * Keeps a picture and says so in the alert's history, in one transaction. The same picture again changes nothing.
 * @throws SqliteError when the store is busy for long, full or failing; nothing has changed then
 */
export const addPicture = (database: SqliteDatabase, picture: NewPicture, most: number): PictureOutcome =>
  database
    .transaction((): PictureOutcome => {
      const { alert, sha256, type, takenMs, receivedMs, actor, content } = picture;
      const known = database
        .prepare("SELECT received_ms FROM picture WHERE alert = ? AND sha256 = ?")
        .pluck()
        .get(alert, sha256) as number | undefined;
      if (known !== undefined) return { outcome: "already", receivedMs: known };
      const count = database.prepare("SELECT count(*) FROM picture WHERE alert = ?").pluck().get(alert) as number;
      if (count >= most) return { outcome: "full" };
      database
        .prepare(
          `INSERT INTO picture (alert, sha256, type, taken_ms, received_ms, actor, content)
           VALUES (?, ?, ?, ?, ?, ?, ?)`,
        )
        .run(alert, sha256, type, takenMs, receivedMs, actor, content);
      const detail = { sha256, type, bytes: content.byteLength, takenAt: new Date(takenMs).toISOString() };
      new AlertStore(database).change(alert, { reason: "picture-added", atMs: receivedMs, actor, detail });
      return { outcome: "done", receivedMs };
    })
    .immediate();

/** A picture as it was sent; undefined when the alert has none of this digest. */
export const findPicture = (
  database: SqliteDatabase,
  alert: string,
  sha256: string,
): { readonly type: string; readonly content: Buffer } | undefined =>
  database.prepare("SELECT type, content FROM picture WHERE alert = ? AND sha256 = ?").get(alert, sha256) as
    | { type: string; content: Buffer }
    | undefined;
