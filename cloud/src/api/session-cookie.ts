import type {} from "@fastify/cookie";
import type { FastifyReply, FastifyRequest } from "fastify";

/** The `__Host-` prefix makes browsers refuse the cookie unless it is Secure, for this host alone, for every path. */
const name = "__Host-mingcheng";

const options = { path: "/", secure: true, httpOnly: true, sameSite: "strict" } as const;

/** Hands a session's token to the browser: out of reach of scripts, never sent along from other sites. */
export const setSessionCookie = (reply: FastifyReply, token: string): void => {
  void reply.setCookie(name, token, options);
};

/** The same for a screen that nobody stands at: it stays when the browser is started again. */
export const setDisplayCookie = (reply: FastifyReply, token: string, maxAgeMs: number): void => {
  void reply.setCookie(name, token, { ...options, maxAge: Math.floor(maxAgeMs / 1_000) });
};

/** Takes it back. */
export const clearSessionCookie = (reply: FastifyReply): void => {
  void reply.clearCookie(name, options);
};

/** The token of a request; null when it has none. */
export const sessionToken = (request: FastifyRequest): string | null => {
  const token = request.cookies[name];
  return token !== undefined && token.length <= 128 ? token : null;
};
