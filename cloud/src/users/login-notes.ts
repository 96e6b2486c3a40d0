import type { Audit } from "../audit/audit-event.ts";
import type { Seldom } from "../audit/seldom.ts";
import type { LoginGuard } from "./login-guard.ts";
import type { UserRegister } from "./user-register.ts";

/** One attempt to sign in, over. `error` is null when it succeeded. */
export interface LoginResult {
  readonly user: string;
  readonly address: string;
  readonly error: string | null;
}

/** What {@link noteLogin} works with. */
export interface LoginNotePorts {
  readonly audit: Audit;
  readonly users: UserRegister;
  readonly guard: LoginGuard;
  /** Holds back what one address tries under names that nobody has: it could fill the log. */
  readonly strangers: Seldom;
  readonly nowMs: () => number;
}

/**
 * Notes attempts to sign in: each that succeeded or failed, and a lock-out once, when it begins; what is tried meanwhile is
 * not looked at, and not noted. What was typed as a name that nobody has is not kept, because it may be a password, and
 * noted once in a while per address.
 */
export const noteLogin = ({ audit, users, guard, strangers, nowMs }: LoginNotePorts, result: LoginResult): void => {
  const { user, address, error } = result;
  if (error !== null && error !== "LOGIN_REFUSED") return;
  const isKnown = users.has(user);
  const event = { actor: isKnown ? user : "-", address, subject: isKnown ? `user:${user}` : "user:unknown" };
  if (error === null) {
    audit.append({ ...event, action: "session.login" });
    return;
  }
  if (!isKnown) {
    const held = strangers.pass(address, nowMs());
    if (held === undefined) return;
    audit.append({ ...event, action: "session.refused", outcome: "refused", detail: { held } });
    return;
  }
  audit.append({ ...event, action: "session.refused", outcome: "refused" });
  const waitMs = guard.waitMs(user, address, nowMs());
  if (waitMs > 0) audit.append({ ...event, action: "session.locked", outcome: "refused", detail: { waitMs } });
};
