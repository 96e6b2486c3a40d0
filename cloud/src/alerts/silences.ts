import type { SilenceView } from "@mingcheng/protocols";
import type { SqliteDatabase } from "../store/database.ts";

/** A silence to be made. Times in milliseconds since 1970. */
export interface NewSilence {
  readonly matchers: Readonly<Record<string, string>>;
  readonly fromMs: number;
  readonly toMs: number;
  /** The user's name. */
  readonly by: string;
  readonly comment: string;
  readonly nowMs: number;
}

interface SilenceRow {
  readonly id: number;
  readonly matchers: string;
  readonly from_ms: number;
  readonly to_ms: number;
  readonly by: string;
  readonly comment: string;
  readonly made_ms: number;
  readonly ended_by: string | null;
  readonly ended_ms: number | null;
}

const iso = (ms: number): string => new Date(ms).toISOString();
const shown = 200;

const viewOf = (row: SilenceRow, nowMs: number): SilenceView => {
  const { id, from_ms: fromMs, to_ms: toMs, ended_by: endedBy, ended_ms: endedMs } = row;
  return {
    ...{ id, matchers: JSON.parse(row.matchers) as SilenceView["matchers"], from: iso(fromMs), to: iso(toMs) },
    ...{ by: row.by, comment: row.comment, madeAt: iso(row.made_ms) },
    ended: endedBy === null || endedMs === null ? null : { by: endedBy, at: iso(endedMs) },
    active: endedMs === null && fromMs <= nowMs && nowMs < toMs,
  };
};

/** Silences, the latest first. `database` may be a reading connection. */
export const listSilences = (database: SqliteDatabase, nowMs: number): SilenceView[] =>
  (database.prepare("SELECT * FROM silence ORDER BY id DESC LIMIT ?").all(shown) as SilenceRow[]).map((row) =>
    viewOf(row, nowMs),
  );

/** One silence; undefined when there is none. */
export const findSilence = (database: SqliteDatabase, id: number, nowMs: number): SilenceView | undefined => {
  const row = database.prepare("SELECT * FROM silence WHERE id = ?").get(id) as SilenceRow | undefined;
  return row === undefined ? undefined : viewOf(row, nowMs);
};

/** Makes a silence and returns its number. It is kept for ever, with who made it. @throws SqliteError */
export const addSilence = (database: SqliteDatabase, silence: NewSilence): number => {
  const { matchers, fromMs, toMs, by, comment, nowMs } = silence;
  return Number(
    database
      .prepare("INSERT INTO silence VALUES (NULL, ?, ?, ?, ?, ?, ?, NULL, NULL)")
      .run(JSON.stringify(matchers), fromMs, toMs, by, comment, nowMs).lastInsertRowid,
  );
};

/** Ends a silence before its time. False when there is none, or it is over. @throws SqliteError */
export const endSilence = (
  database: SqliteDatabase,
  { id, by, nowMs }: { readonly id: number; readonly by: string; readonly nowMs: number },
): boolean =>
  database
    .prepare("UPDATE silence SET ended_by = ?, ended_ms = ? WHERE id = ? AND ended_ms IS NULL AND to_ms > ?")
    .run(by, nowMs, id, nowMs).changes === 1;
