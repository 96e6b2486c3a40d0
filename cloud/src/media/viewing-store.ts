import { type CameraViewing, cameraViewings } from "@mingcheng/protocols";
import { z } from "zod";
import type { Migration, SqliteDatabase } from "../store/database.ts";

/** Who may watch a camera. */
export type Viewing = CameraViewing;

/** What was decided about a camera's viewing; cameras without a decision are `private`. */
export const viewingTables: Migration = (database) => {
  database.exec(`
    CREATE TABLE camera_viewing (
      gw TEXT NOT NULL, channel TEXT NOT NULL, viewing TEXT NOT NULL CHECK (viewing IN ('off', 'private', 'public')),
      note TEXT NOT NULL, by TEXT NOT NULL, since_ms INTEGER NOT NULL, PRIMARY KEY (gw, channel)) STRICT, WITHOUT ROWID;
  `);
};

const row = z.object({ gw: z.string(), channel: z.string(), viewing: z.enum(cameraViewings) });

/** Decisions about who may watch, in the register. */
export class ViewingStore {
  readonly #database: SqliteDatabase;

  constructor(database: SqliteDatabase) {
    this.#database = database;
  }

  /** How a camera may be watched. */
  of(gw: string, channel: string): Viewing {
    const found = this.#database
      .prepare("SELECT gw, channel, viewing FROM camera_viewing WHERE gw = ? AND channel = ?")
      .get(gw, channel);
    return found === undefined ? "private" : row.parse(found).viewing;
  }

  /** Every camera that anybody may watch. */
  public(): readonly { readonly gw: string; readonly channel: string }[] {
    const found = this.#database
      .prepare("SELECT gw, channel, viewing FROM camera_viewing WHERE viewing = 'public'")
      .all();
    return found.map((one) => row.parse(one));
  }

  /** Channels that are switched off, of every gateway about whose cameras anything was ever decided. */
  off(): ReadonlyMap<string, readonly string[]> {
    const found = this.#database
      .prepare("SELECT gw, channel, viewing FROM camera_viewing ORDER BY gw, channel")
      .all()
      .map((one) => row.parse(one));
    const off = new Map<string, string[]>(found.map(({ gw }) => [gw, []]));
    for (const { gw, channel, viewing } of found) if (viewing === "off") off.get(gw)?.push(channel);
    return off;
  }

  /** Decides. */
  set(
    of: { readonly gw: string; readonly channel: string },
    viewing: Viewing,
    by: string,
    note: string,
    nowMs: number,
  ): void {
    this.#database
      .prepare(
        `INSERT INTO camera_viewing VALUES (?, ?, ?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET viewing = excluded.viewing, note = excluded.note, by = excluded.by,
           since_ms = excluded.since_ms`,
      )
      .run(of.gw, of.channel, viewing, note, by, nowMs);
  }

  /** Changes whenever somebody else has written to the register. */
  version(): unknown {
    return this.#database.prepare("PRAGMA data_version").pluck().get();
  }
}
