import type { UserRole } from "@mingcheng/protocols";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import type { Cover } from "../users/cover.ts";
import type { Session } from "../users/session-book.ts";
import type { Doer } from "../users/user-register.ts";
import { ApiFailure } from "./api-failure.ts";

/**
 * Who may use a route. `public`: anybody. `signed-in`: every user, before the one-time password is changed too. A list:
 * users with one of these roles, once it is changed.
 */
export type Access = "public" | "signed-in" | readonly UserRole[];

/**
 * What an answer covers. `none`: nothing of any market. `self`: the user's own account. `area`: what the register places in
 * the user's areas and at the user's sites, filtered by the route with {@link Call.cover}. `centre`: every area; only for
 * users who see the whole centre, whatever their role.
 */
export type Scope = "none" | "self" | "area" | "centre";

/** What every route says of itself. A server with a route that does not does not start. */
export interface RouteConfig {
  readonly access: Access;
  readonly scope: Scope;
  /** True where a screen that nobody stands at may ask, too; everything else is closed to it. */
  readonly display?: boolean;
}

declare module "fastify" {
  interface FastifyContextConfig {
    readonly access?: Access;
    readonly scope?: Scope;
    readonly display?: boolean;
  }
}

/** One call of a route, its input checked. */
export interface Call<Query, Body, Params> {
  readonly query: Query;
  readonly body: Body;
  readonly params: Params;
  /** Null on public routes without a valid session. */
  readonly session: Session | null;
  readonly token: string | null;
  /** What the user may see; nothing without a session. */
  readonly cover: Cover;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** A route as a value: it is served and described from this. */
export interface ApiRoute<Query = unknown, Body = unknown, Params = unknown, Answer = unknown> extends RouteConfig {
  readonly method: "GET" | "POST";
  /** With parameters as `:id`. */
  readonly path: `/api/v1/${string}`;
  readonly summary: { readonly zh: string; readonly en: string };
  readonly query?: z.ZodType<Query>;
  readonly body?: z.ZodType<Body>;
  readonly params?: z.ZodType<Params>;
  /** A request whose body is a file in place of JSON: what it may be, and how large. The route reads and checks it itself. */
  readonly upload?: { readonly types: readonly string[]; readonly maxBytes: number };
  /** What comes back; `event-stream` and `file` where the route writes its own answer. */
  readonly answer: z.ZodType<Answer> | "event-stream" | "file";
  /** Requests per minute and address, where the server's own limit is too high. */
  readonly perMinute?: number;
  // A method, so that routes of different inputs fit into one list.
  handle(call: Call<Query, Body, Params>): Answer | Promise<Answer>;
}

/** Checks a route's types against its schemas. */
export const defineRoute = <Query, Body, Params, Answer>(
  route: ApiRoute<Query, Body, Params, Answer>,
): ApiRoute<Query, Body, Params, Answer> => route;

/** The session of a call to a route that is not public. @throws {ApiFailure} SESSION_MISSING */
export const sessionOf = ({ session }: { readonly session: Session | null }): Session => {
  if (session === null) throw new ApiFailure("SESSION_MISSING", "");
  return session;
};

/** Who makes a call, for the audit log. @throws {ApiFailure} SESSION_MISSING */
export const whoOf = (call: Pick<Call<unknown, unknown, unknown>, "session" | "request">): Doer => ({
  actor: sessionOf(call).user,
  address: call.request.ip,
});

/** Every role: everybody who is signed in and has changed the one-time password. */
export const everyRole: readonly UserRole[] = ["operator", "inspector", "centre", "administrator", "auditor"];
