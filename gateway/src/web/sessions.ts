import { createHash, randomBytes } from "node:crypto";

/** A session ends so long after its last request, and after so long in any case. Milliseconds. */
const idleMs = 30 * 60_000;
const wholeMs = 12 * 3_600_000;
/** An installer has one or two browsers; the oldest goes when there are more. */
const maxSessions = 8;

const cookieName = "mingcheng-setup";

interface Session {
  readonly openedMs: number;
  lastMs: number;
}

const keyOf = (token: string): string => createHash("sha256").update(token).digest("hex");

/** Who has entered a code. In memory only: a restart ends every session. */
export class Sessions {
  private readonly nowMs: () => number;
  private readonly open = new Map<string, Session>();

  /** `nowMs` is monotonic. */
  constructor(nowMs: () => number) {
    this.nowMs = nowMs;
  }

  /** Opens a session and returns its token. */
  start(): string {
    const token = randomBytes(32).toString("base64url");
    const now = this.nowMs();
    this.open.set(keyOf(token), { openedMs: now, lastMs: now });
    const [oldest] = this.open.keys();
    if (this.open.size > maxSessions && oldest !== undefined) this.open.delete(oldest);
    return token;
  }

  /** Whether the token opens anything. `touch`: somebody is there, so the session goes on. */
  holds(token: string | null, touch: boolean): boolean {
    if (token === null) return false;
    const key = keyOf(token);
    const session = this.open.get(key);
    if (session === undefined) return false;
    const now = this.nowMs();
    if (now - session.lastMs > idleMs || now - session.openedMs > wholeMs) {
      this.open.delete(key);
      return false;
    }
    if (touch) session.lastMs = now;
    return true;
  }

  end(token: string | null): void {
    if (token !== null) this.open.delete(keyOf(token));
  }
}

/** The token in a `Cookie` header. */
export const tokenIn = (header: string | undefined): string | null => {
  for (const pair of (header ?? "").split(";")) {
    const [name, value] = pair.split("=", 2);
    if (name?.trim() === cookieName && value !== undefined && /^[\w-]{43}$/.test(value.trim())) return value.trim();
  }
  return null;
};

/** The `Set-Cookie` header that keeps a token; an empty one takes it away. Scripts never see it. */
export const cookieOf = (token: string, secure: boolean): string =>
  [
    `${cookieName}=${token}`,
    ...["Path=/", "HttpOnly", "SameSite=Strict"],
    ...(secure ? ["Secure"] : []),
    ...(token === "" ? ["Max-Age=0"] : []),
  ].join("; ");
