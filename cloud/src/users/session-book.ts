import { createHash, randomBytes } from "node:crypto";
import type { UserRole, UserScope } from "@mingcheng/protocols";
import type { SqliteDatabase } from "../store/database.ts";
import { Cover } from "./cover.ts";
import { scopeOf } from "./user-scope.ts";

/** How long a session lasts. */
export interface SessionLimits {
  /** Without any request. An open event stream counts as use. */
  readonly idleMs: number;
  /** In all: a duty shift. */
  readonly absoluteMs: number;
}

/** Half an hour without use, twelve hours in all. */
export const sessionLimits: SessionLimits = { idleMs: 30 * 60_000, absoluteMs: 12 * 3_600_000 };

/** A screen that nobody stands at: a week without current, a year in all. */
export const displaySessionLimits: SessionLimits = { idleMs: 7 * 24 * 3_600_000, absoluteMs: 366 * 24 * 3_600_000 };

/** Somebody who is signed in. */
export interface Session {
  readonly user: string;
  readonly role: UserRole;
  readonly mustChangePassword: boolean;
  /** A screen that nobody stands at: it sees what screens show, and can do nothing. */
  readonly display: boolean;
  readonly expiresMs: number;
  readonly scope: UserScope;
  /** What the user may see. */
  readonly cover: Cover;
}

/** The time of use is written so often at most: a screen asks every second. */
const noteUseAfterMs = 60_000;

const sha256 = (token: string): Buffer => createHash("sha256").update(token).digest();

/** Sessions by token: 256 random bits that only the browser has. */
export class SessionBook {
  readonly #database: SqliteDatabase;
  readonly #limits: SessionLimits;

  constructor(database: SqliteDatabase, limits: SessionLimits = sessionLimits) {
    this.#database = database;
    this.#limits = limits;
  }

  /** Opens a session and returns its token; `display`: for a screen. Sessions that have ended are cleared away. */
  open(user: string, nowMs: number, display = false): string {
    const token = randomBytes(32).toString("base64url");
    this.#database
      .transaction(() => {
        for (const isDisplay of [false, true]) {
          const { absoluteMs, idleMs } = this.#limitsOf(isDisplay);
          this.#database
            .prepare("DELETE FROM session WHERE display = ? AND (created_ms <= ? OR seen_ms <= ?)")
            .run(Number(isDisplay), nowMs - absoluteMs, nowMs - idleMs);
        }
        this.#database
          .prepare("INSERT INTO session (token, user, created_ms, seen_ms, display) VALUES (?, ?, ?, ?, ?)")
          .run(sha256(token), user, nowMs, nowMs, Number(display));
      })
      .immediate();
    return token;
  }

  #limitsOf(isDisplay: boolean): SessionLimits {
    return isDisplay ? displaySessionLimits : this.#limits;
  }

  /** The session of a token, its use noted; undefined when there is none, or it has ended. */
  find(token: string, nowMs: number): Session | undefined {
    const hashed = sha256(token);
    const row = this.#database
      .prepare(
        `SELECT user.name, user.role, user.must_change AS mustChange, session.created_ms AS createdMs,
           session.seen_ms AS seenMs, display
         FROM session JOIN user ON user.name = session.user WHERE token = ? AND user.disabled_ms IS NULL`,
      )
      .get(hashed) as
      | { name: string; role: UserRole; mustChange: number; createdMs: number; seenMs: number; display: number }
      | undefined;
    if (row === undefined) return undefined;
    const display = row.display === 1;
    const { absoluteMs, idleMs } = this.#limitsOf(display);
    const expiresMs = row.createdMs + absoluteMs;
    if (nowMs >= expiresMs || nowMs - row.seenMs >= idleMs) {
      this.end(token);
      return undefined;
    }
    if (nowMs - row.seenMs >= noteUseAfterMs) {
      this.#database.prepare("UPDATE session SET seen_ms = ? WHERE token = ?").run(nowMs, hashed);
    }
    const { name: user, role } = row;
    const scope = scopeOf(this.#database, user);
    const mustChangePassword = row.mustChange === 1;
    return { user, role, mustChangePassword, display, expiresMs, scope, cover: Cover.of(role, scope) };
  }

  /** Ends one session. */
  end(token: string): void {
    this.#database.prepare("DELETE FROM session WHERE token = ?").run(sha256(token));
  }
}
