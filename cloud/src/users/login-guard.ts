import type { SqliteDatabase } from "../store/database.ts";

/**
 * Slows down guessing. Failures are counted per user and address, and per user from everywhere: the first few cost
 * nothing, then each doubles the wait. Unknown names are treated alike, so that answers tell nothing about them.
 */
export class LoginGuard {
  readonly #database: SqliteDatabase;

  constructor(database: SqliteDatabase) {
    this.#database = database;
  }

  /** Milliseconds until this user may try again from this address; 0 = now. */
  waitMs(user: string, address: string, nowMs: number): number {
    const until = this.#database
      .prepare("SELECT max(locked_until_ms) FROM login_failure WHERE user = ? AND address IN ('', ?)")
      .pluck()
      .get(user, address) as number | null;
    return Math.max(0, (until ?? 0) - nowMs);
  }

  /** Counts an attempt as failed. Call before the password is checked, so that attempts at the same time count too. */
  failed(user: string, address: string, nowMs: number): void {
    this.#database
      .transaction(() => {
        this.#database.prepare("DELETE FROM login_failure WHERE last_ms < ?").run(nowMs - forgetAfterMs);
        this.#count(user, address, freeFailures, nowMs);
        this.#count(user, "", freeFailuresFromEverywhere, nowMs);
      })
      .immediate();
  }

  /** The password was right after all: this address starts afresh, and one attempt less counts from everywhere. */
  succeeded(user: string, address: string): void {
    this.#database
      .transaction(() => {
        this.#database.prepare("DELETE FROM login_failure WHERE user = ? AND address = ?").run(user, address);
        this.#database
          .prepare(
            `UPDATE login_failure SET failures = failures - 1, locked_until_ms = 0
             WHERE user = ? AND address = '' AND failures > 0`,
          )
          .run(user);
      })
      .immediate();
  }

  #count(user: string, address: string, free: number, nowMs: number): void {
    const failures = this.#database
      .prepare(
        `INSERT INTO login_failure VALUES (?, ?, 1, ?, 0)
         ON CONFLICT DO UPDATE SET failures = failures + 1, last_ms = excluded.last_ms RETURNING failures`,
      )
      .pluck()
      .get(user, address, nowMs) as number;
    if (failures < free) return;
    const lockedMs = Math.min(firstLockMs * 2 ** Math.min(failures - free, 20), longestLockMs);
    this.#database
      .prepare("UPDATE login_failure SET locked_until_ms = ? WHERE user = ? AND address = ?")
      .run(nowMs + lockedMs, user, address);
  }
}

/** The fifth failure in a row from one address locks, first for 30 s, then twice as long each time. */
const freeFailures = 5;
const freeFailuresFromEverywhere = 50;
const firstLockMs = 30_000;
/** Never longer, because a lock-out also keeps the user out. */
const longestLockMs = 15 * 60_000;
const forgetAfterMs = 24 * 3_600_000;
