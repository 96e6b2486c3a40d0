import { isCode, MingchengError } from "@mingcheng/protocols";
import type { LoginGuard } from "./login-guard.ts";
import { hashPassword, type PasswordCost, passwordCost, passwordMatches } from "./password.ts";
import type { SessionBook } from "./session-book.ts";
import type { UserRegister } from "./user-register.ts";

/** Outcome of a login: the session's token, or why not and when to come back. */
export type LoginOutcome =
  | { readonly ok: true; readonly token: string }
  | {
      readonly ok: false;
      readonly code: "LOGIN_REFUSED" | "LOGIN_LOCKED" | "RATE_LIMITED";
      readonly retryAfterMs: number | null;
    };

/** A login, a password change: who and from where. */
export interface LoginAttempt {
  readonly user: string;
  readonly password: string;
  /** The client's address. */
  readonly address: string;
}

/** What {@link LoginDesk} works with. */
export interface LoginPorts {
  readonly users: UserRegister;
  readonly sessions: SessionBook;
  readonly guard: LoginGuard;
  /** What a guess at an unknown user costs; that of the users. */
  readonly cost?: PasswordCost;
  readonly nowMs: () => number;
}

/** Each check holds 64 MiB; more at once are sent away. */
const maxChecks = 4;

/** Checks passwords and opens sessions. An unknown user takes as long and is answered like a wrong password. */
export class LoginDesk {
  readonly #ports: LoginPorts;
  readonly #nobody: Promise<string>;
  #checks = 0;

  constructor(ports: LoginPorts) {
    this.#ports = ports;
    this.#nobody = hashPassword("nobody", ports.cost ?? passwordCost);
  }

  async login(attempt: LoginAttempt): Promise<LoginOutcome> {
    const { sessions, nowMs } = this.#ports;
    const refused = await this.#check(attempt);
    if (refused !== null) return refused;
    return { ok: true, token: sessions.open(attempt.user, nowMs()) };
  }

  /**
   * Changes a password after the present one was given again, ends all the user's sessions and opens a new one.
   * @throws {MingchengError} USER_INVALID when the new one is too easy or the present one
   */
  async changePassword(attempt: LoginAttempt, next: string): Promise<LoginOutcome> {
    const { users, sessions, nowMs } = this.#ports;
    const refused = await this.#check(attempt);
    if (refused !== null) return refused;
    try {
      if (next === attempt.password)
        throw new MingchengError("USER_INVALID", "it is the present one", { field: "password" });
      const { user: actor, address } = attempt;
      await users.setPassword(attempt.user, next, nowMs(), { actor, address });
    } catch (error) {
      if (isCode(error, "USER_INVALID")) throw new MingchengError("USER_INVALID", error.message, { field: "next" });
      throw error;
    }
    return { ok: true, token: sessions.open(attempt.user, nowMs()) };
  }

  async #check({ user, password, address }: LoginAttempt): Promise<Extract<LoginOutcome, { ok: false }> | null> {
    const { users, guard, nowMs } = this.#ports;
    const waitMs = guard.waitMs(user, address, nowMs());
    if (waitMs > 0) return { ok: false, code: "LOGIN_LOCKED", retryAfterMs: waitMs };
    if (this.#checks >= maxChecks) return { ok: false, code: "RATE_LIMITED", retryAfterMs: 1_000 };
    this.#checks++;
    try {
      guard.failed(user, address, nowMs());
      const known = users.credentials(user);
      const matches = await passwordMatches(known?.password ?? (await this.#nobody), password);
      if (known === undefined || !matches) return { ok: false, code: "LOGIN_REFUSED", retryAfterMs: null };
      guard.succeeded(user, address);
      return null;
    } finally {
      this.#checks--;
    }
  }
}
