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

/** Somebody who is signed in. */
export interface Session {
  readonly user: string;
  readonly role: UserRole;
  readonly mustChangePassword: boolean;
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

  /** Opens a session and returns its token. Sessions that have ended are cleared away. */
  open(user: string, nowMs: number): string {
    const token = randomBytes(32).toString("base64url");
    const { absoluteMs, idleMs } = this.#limits;
    this.#database
      .transaction(() => {
        this.#database
          .prepare("DELETE FROM session WHERE created_ms <= ? OR seen_ms <= ?")
          .run(nowMs - absoluteMs, nowMs - idleMs);
        this.#database.prepare("INSERT INTO session VALUES (?, ?, ?, ?)").run(sha256(token), user, nowMs, nowMs);
      })
      .immediate();
    return token;
  }

  /** The session of a token, its use noted; undefined when there is none, or it has ended. */
  find(token: string, nowMs: number): Session | undefined {
    const hashed = sha256(token);
    const row = this.#database
      .prepare(
        `SELECT user.name, user.role, user.must_change AS mustChange, session.created_ms AS createdMs,
           session.seen_ms AS seenMs
         FROM session JOIN user ON user.name = session.user WHERE token = ? AND user.disabled_ms IS NULL`,
      )
      .get(hashed) as
      | { name: string; role: UserRole; mustChange: number; createdMs: number; seenMs: number }
      | undefined;
    if (row === undefined) return undefined;
    const expiresMs = row.createdMs + this.#limits.absoluteMs;
    if (nowMs >= expiresMs || nowMs - row.seenMs >= this.#limits.idleMs) {
      this.end(token);
      return undefined;
    }
    if (nowMs - row.seenMs >= noteUseAfterMs) {
      this.#database.prepare("UPDATE session SET seen_ms = ? WHERE token = ?").run(nowMs, hashed);
    }
    const { name: user, role } = row;
    const scope = scopeOf(this.#database, user);
    return { user, role, mustChangePassword: row.mustChange === 1, expiresMs, scope, cover: Cover.of(role, scope) };
  }

  /** Ends one session. */
  end(token: string): void {
    this.#database.prepare("DELETE FROM session WHERE token = ?").run(sha256(token));
  }
}
