import {
  type Account,
  accountSchema,
  emptyRequestSchema,
  loginRequestSchema,
  passwordRequestSchema,
  signedOutSchema,
} from "@mingcheng/protocols/api";
import type { FastifyReply } from "fastify";
import type { Audit } from "../audit/audit-event.ts";
import type { LoginDesk, LoginOutcome } from "../users/login.ts";
import { displaySessionLimits, type Session, type SessionBook } from "../users/session-book.ts";
import { ApiFailure } from "./api-failure.ts";
import { type ApiRoute, defineRoute, sessionOf, whoOf } from "./api-route.ts";
import type { CentreReader } from "./centre-reader.ts";
import { clearSessionCookie, setDisplayCookie, setSessionCookie } from "./session-cookie.ts";

/** What the routes of login work with. */
export interface SessionRoutePorts {
  readonly desk: LoginDesk;
  readonly sessions: SessionBook;
  readonly audit: Audit;
  readonly centreName: string;
  readonly timezone: string;
  readonly nowMs: () => number;
  readonly reader: CentreReader;
  /** Tells of every attempt to sign in. Never carries a password. */
  readonly onLogin: (attempt: {
    readonly user: string;
    readonly address: string;
    readonly error: string | null;
  }) => void;
}

const accountOf = (session: Session, { centreName, timezone, reader }: SessionRoutePorts): Account => ({
  ...{ user: session.user, role: session.role, mustChangePassword: session.mustChangePassword },
  scope: { whole: session.cover.whole, areas: [...session.scope.areas], sites: [...session.scope.sites] },
  officer: reader.officersOf(session.user)[0] ?? null,
  ...{ centreName, timezone, expiresAt: new Date(session.expiresMs).toISOString(), display: session.display },
});

/** Hands the new session to the browser. @throws {ApiFailure} when there is none */
const admit = (outcome: LoginOutcome, ports: SessionRoutePorts, reply: FastifyReply): Account => {
  if (!outcome.ok) throw new ApiFailure(outcome.code, "", { retryAfterMs: outcome.retryAfterMs });
  const session = ports.sessions.find(outcome.token, ports.nowMs());
  if (session === undefined) throw new ApiFailure("SESSION_MISSING", "");
  setSessionCookie(reply, outcome.token);
  return accountOf(session, ports);
};

const loginRoute = (ports: SessionRoutePorts) =>
  defineRoute({
    method: "POST",
    path: "/api/v1/login",
    summary: { zh: "登录", en: "Sign in; the session comes as a cookie" },
    access: "public",
    scope: "self",
    perMinute: 60,
    body: loginRequestSchema,
    answer: accountSchema,
    handle: async ({ body, request, reply }) => {
      const attempt = { user: body.user, address: request.ip };
      const outcome = await ports.desk.login({ ...attempt, password: body.password });
      ports.onLogin({ ...attempt, error: outcome.ok ? null : outcome.code });
      return admit(outcome, ports, reply);
    },
  });

const passwordRoute = (ports: SessionRoutePorts) =>
  defineRoute({
    method: "POST",
    path: "/api/v1/password",
    summary: { zh: "修改密码", en: "Change one's own password; other sessions end" },
    access: "signed-in",
    scope: "self",
    perMinute: 60,
    body: passwordRequestSchema,
    answer: accountSchema,
    handle: async (call) => {
      const { user } = sessionOf(call);
      const attempt = { user, password: call.body.present, address: call.request.ip };
      const outcome = await ports.desk.changePassword(attempt, call.body.next);
      // Signed in already: a wrong present password is a wrong field, not a missing login.
      if (!outcome.ok && outcome.code === "LOGIN_REFUSED") {
        throw new ApiFailure("USER_INVALID", "it is not the present password", { field: "present" });
      }
      return admit(outcome, ports, call.reply);
    },
  });

const displayRoute = (ports: SessionRoutePorts) =>
  defineRoute({
    method: "POST",
    path: "/api/v1/display-session",
    summary: {
      zh: "把当前会话换成大屏会话：长期有效，只能看大屏",
      en: "Turn one's session into that of a screen: it lasts, and sees only what screens show",
    },
    access: ["inspector", "centre", "administrator"],
    scope: "self",
    body: emptyRequestSchema,
    answer: accountSchema,
    handle: (call) => {
      const { sessions, nowMs, audit } = ports;
      const { user } = sessionOf(call);
      if (call.token !== null) sessions.end(call.token);
      const token = sessions.open(user, nowMs(), true);
      const session = sessions.find(token, nowMs());
      if (session === undefined) throw new ApiFailure("SESSION_MISSING", "");
      audit.append({ ...whoOf(call), action: "session.display", subject: `user:${user}` });
      setDisplayCookie(call.reply, token, displaySessionLimits.absoluteMs);
      return accountOf(session, ports);
    },
  });

/** Signing in and out, the own account. */
export const sessionRoutes = (ports: SessionRoutePorts): ApiRoute[] => [
  loginRoute(ports),
  passwordRoute(ports),
  displayRoute(ports),
  defineRoute({
    method: "POST",
    path: "/api/v1/logout",
    summary: { zh: "退出登录", en: "Sign out" },
    access: "signed-in",
    scope: "self",
    display: true,
    body: emptyRequestSchema,
    answer: signedOutSchema,
    handle: (call) => {
      const { token, reply } = call;
      const event = { ...whoOf(call), action: "session.logout", subject: `user:${sessionOf(call).user}` } as const;
      ports.audit.append(event);
      if (token !== null) ports.sessions.end(token);
      clearSessionCookie(reply);
      return { signedOut: true as const };
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/me",
    summary: { zh: "当前用户", en: "Who is signed in" },
    access: "signed-in",
    scope: "self",
    display: true,
    answer: accountSchema,
    handle: (call) => accountOf(sessionOf(call), ports),
  }),
];
