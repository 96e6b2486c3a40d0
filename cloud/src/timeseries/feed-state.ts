import type { Statement } from "better-sqlite3";
import type { SqliteDatabase } from "../store/database.ts";
import type { RefusedLine } from "./write-lines.ts";

/** Cursors of the feed. `records`: ledger; `changes`: rows projected before that changed; `alerts`: histories; `samples`; `spans`: their sums. */
export type FeedCursor = "records" | "changes" | "alerts" | "samples" | "spans";

/** What is remembered beside the cursors. */
type MetaName =
  | "closed"
  | "start-mark"
  | "made"
  | "recheck"
  | "register"
  | "resend-from"
  | "rebuild"
  | "reconciled-at"
  | "place";

/** Ledger numbers behind `after`, up to `last`. */
export interface RecheckRange {
  readonly after: number;
  readonly last: number;
}

/** So many refused points are kept to be looked at; all are counted. */
const maxRefused = 10_000;

/** Cursors, marks and notes of the feed. Call in the transaction of the effects. */
export class FeedState {
  readonly #database: SqliteDatabase;
  readonly #readCursor: Statement<unknown[]>;
  readonly #writeCursor: Statement<unknown[]>;
  readonly #readMeta: Statement<unknown[]>;
  readonly #writeMeta: Statement<unknown[]>;
  readonly #dropMeta: Statement<unknown[]>;
  readonly #mark: Statement<unknown[]>;
  readonly #marked: Statement<unknown[]>;
  readonly #refuse: Statement<unknown[]>;

  constructor(database: SqliteDatabase) {
    this.#database = database;
    this.#readCursor = database.prepare("SELECT lsn FROM cursor WHERE name = ?").pluck();
    this.#writeCursor = database.prepare(
      "INSERT INTO cursor VALUES (?, 1, ?) ON CONFLICT (name) DO UPDATE SET lsn = excluded.lsn",
    );
    this.#readMeta = database.prepare("SELECT value FROM meta WHERE name = ?").pluck();
    this.#writeMeta = database.prepare(
      "INSERT INTO meta VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    );
    this.#dropMeta = database.prepare("DELETE FROM meta WHERE name = ?");
    this.#mark = database.prepare(
      "INSERT INTO mark VALUES (?, ?) ON CONFLICT (at_ms) DO UPDATE SET lsn = max(lsn, excluded.lsn)",
    );
    this.#marked = database.prepare("SELECT max(lsn) FROM mark WHERE at_ms <= ?").pluck();
    this.#refuse = database.prepare(
      "INSERT INTO refused (at_ms, line, reason) VALUES (?, ?, ?) ON CONFLICT (line) DO UPDATE SET reason = excluded.reason",
    );
  }

  cursor(name: FeedCursor): number {
    return (this.#readCursor.get(name) as number | undefined) ?? 0;
  }

  move(name: FeedCursor, to: number): void {
    this.#writeCursor.run(name, to);
  }

  meta(name: MetaName): string | undefined {
    return this.#readMeta.get(name) as string | undefined;
  }

  note(name: MetaName, value: string): void {
    this.#writeMeta.run(name, value);
  }

  drop(name: MetaName): void {
    this.#dropMeta.run(name);
  }

  /** Ledger number up to which records are closed: what was written of them is not known any more. */
  closed(): number {
    return Number(this.meta("closed") ?? 0);
  }

  /** Records that were fed and are to be looked at once more: behind `after`, up to `last`; undefined when there are none. */
  recheck(): RecheckRange | undefined {
    const text = this.meta("recheck");
    return text === undefined ? undefined : (JSON.parse(text) as RecheckRange);
  }

  /** Adds to what is to be looked at once more; null: all was. */
  setRecheck(range: RecheckRange | null): void {
    if (range === null) this.drop("recheck");
    else this.note("recheck", JSON.stringify(range));
  }

  /** The server has accepted everything up to here now. */
  mark(atMs: number, lsn: number, keepMs: number): void {
    const minute = Math.floor(atMs / 60_000) * 60_000;
    this.#mark.run(minute, lsn);
    this.#database.prepare("DELETE FROM mark WHERE at_ms < ?").run(minute - 2 * keepMs - 3_600_000);
  }

  /** When the server accepted something last, to the minute; null: never, as far as is remembered. */
  lastAcceptedMs(): number | null {
    return this.#database.prepare("SELECT max(at_ms) FROM mark").pluck().get() as number | null;
  }

  /** How far it was at a time; 0 when nobody remembers. */
  markedAt(atMs: number): number {
    return (this.#marked.get(atMs) as number | null) ?? 0;
  }

  refuse(atMs: number, refused: readonly RefusedLine[]): void {
    if (refused.length === 0) return;
    for (const { line, reason } of refused) this.#refuse.run(atMs, line, reason);
    this.#database.prepare("DELETE FROM refused WHERE id <= (SELECT max(id) FROM refused) - ?").run(maxRefused);
  }

  refusedCount(): number {
    return Number(this.#database.prepare("SELECT count(*) FROM refused").pluck().get());
  }

  /** Everything is to be fed anew; samples that wait stay, they cannot be made again. */
  startOver(): void {
    this.#database.exec(`
      DELETE FROM point; DELETE FROM hour; DELETE FROM rollup; DELETE FROM camera; DELETE FROM series;
      DELETE FROM known_device; DELETE FROM mark; DELETE FROM refused;
      DELETE FROM cursor WHERE name IN ('records', 'changes', 'alerts');
      DELETE FROM meta WHERE name IN ('made', 'recheck', 'register', 'resend-from', 'rebuild', 'reconciled-at', 'closed');
    `);
  }
}
