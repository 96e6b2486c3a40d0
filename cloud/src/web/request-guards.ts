import { isIP } from "node:net";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { ApiFailure } from "../api/api-failure.ts";
import type { RouteConfig } from "../api/api-route.ts";
import { sessionToken } from "../api/session-cookie.ts";
import type { Session, SessionBook } from "../users/session-book.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Who asks; null on public routes without a valid session. */
    session: Session | null;
  }
}

const hostOf = (text: string): string | undefined => {
  try {
    return new URL(`https://${text}`).hostname.replace(/^\[|\]$/g, "");
  } catch {
    return undefined;
  }
};

/**
 * Whether a `Host` header names this centre. Other names would let a foreign page speak to it under its own name (DNS
 * rebinding). An address typed by hand is no name that anybody can point elsewhere.
 */
export const isOwnHost = (header: string | undefined, hosts: ReadonlySet<string>): boolean => {
  const host = header === undefined ? undefined : hostOf(header);
  return host !== undefined && (isIP(host) !== 0 || hosts.has(host.toLowerCase()));
};

/**
 * Whether a request that changes something comes from this centre's own pages, or from no browser at all. Browsers
 * send `Origin` with every such request and `Sec-Fetch-Site` besides, and scripts of other pages cannot change them.
 */
export const isOwnOrigin = (request: Pick<FastifyRequest, "headers">): boolean => {
  const { origin, host } = request.headers;
  const site = request.headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin") return false;
  return origin === undefined || origin === `https://${host ?? ""}`;
};

const mayEnter = ({ access, scope, display }: RouteConfig, session: Session | null): void => {
  if (access === "public") return;
  if (session === null) throw new ApiFailure("SESSION_MISSING", "");
  if (session.display && display !== true)
    throw new ApiFailure("ACCESS_DENIED", "a screen sees only what screens show");
  if (access === "signed-in") return;
  if (session.mustChangePassword) throw new ApiFailure("PASSWORD_CHANGE_REQUIRED", "");
  if (!access.includes(session.role)) throw new ApiFailure("ACCESS_DENIED", `role ${session.role}`);
  if (scope === "centre" && !session.cover.whole) {
    throw new ApiFailure("ACCESS_DENIED", "only for those who see the whole centre");
  }
};

/** What the guards work with. */
export interface GuardPorts {
  /** Names under which this centre is reached, lower case. */
  readonly hosts: ReadonlySet<string>;
  readonly sessions: SessionBook;
  readonly nowMs: () => number;
}

const changes = (method: string): boolean => method !== "GET" && method !== "HEAD";

/** Checks every request before its route sees it: host, origin, session, role. */
export const guardRequests = (app: FastifyInstance, { hosts, sessions, nowMs }: GuardPorts): void => {
  app.decorateRequest("session", null);
  app.addHook("onRequest", (request, _reply, done) => {
    if (!isOwnHost(request.headers.host, hosts)) throw new ApiFailure("REQUEST_REFUSED", "", { field: "host" });
    if (changes(request.method) && !isOwnOrigin(request)) {
      throw new ApiFailure("REQUEST_REFUSED", "", { field: "origin" });
    }
    done();
  });
  app.addHook("onRequest", (request, _reply, done) => {
    if (request.is404) {
      done();
      return;
    }
    const { access, scope, display = false } = request.routeOptions.config as Partial<RouteConfig>;
    // A route that says nothing is closed.
    if (access === undefined || scope === undefined) throw new ApiFailure("ACCESS_DENIED", "");
    const token = access === "public" ? null : sessionToken(request);
    request.session = token === null ? null : (sessions.find(token, nowMs()) ?? null);
    mayEnter({ access, scope, display }, request.session);
    done();
  });
};

/** A route that was registered, and what it says of itself. */
export interface KnownRoute extends Partial<RouteConfig> {
  readonly method: string;
  readonly path: string;
}

/** Notes every route that is registered from now on, so that a server with an undeclared one does not start. */
export const watchRoutes = (app: FastifyInstance): (() => readonly KnownRoute[]) => {
  const known: { method: string; path: string; config: () => Partial<RouteConfig> }[] = [];
  app.addHook("onRoute", (route) => {
    for (const method of [route.method].flat()) {
      // Read late: a plugin around the route may declare for it.
      known.push({ method, path: route.url, config: () => (route.config ?? {}) as Partial<RouteConfig> });
    }
  });
  const routes = () => known.map(({ method, path, config }) => ({ method, path, ...config() }));
  app.addHook("onReady", (done) => {
    const silent = routes().find(({ access, scope }) => access === undefined || scope === undefined);
    const text = `${silent?.method} ${silent?.path} does not say who may use it and what it covers`;
    done(silent === undefined ? undefined : new Error(text));
  });
  return routes;
};
