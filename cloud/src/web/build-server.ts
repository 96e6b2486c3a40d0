import { randomUUID } from "node:crypto";
import fastifyCookie from "@fastify/cookie";
import fastifyHelmet from "@fastify/helmet";
import fastifyRateLimit from "@fastify/rate-limit";
import Fastify, { type FastifyInstance } from "fastify";
import { ApiFailure, failureAnswer } from "../api/api-failure.ts";
import { type ApiPorts, apiRoutes } from "../api/api-routes.ts";
import { type EnrolOptions, enrolRoutes } from "../enrol/enrol-routes.ts";
import { guardRequests, type KnownRoute, watchRoutes } from "./request-guards.ts";
import { serveApi } from "./serve-api.ts";
import { serveScreens } from "./serve-screens.ts";

/** What the server works with. */
export interface ServerOptions {
  /** PEM. */
  readonly tls: { readonly key: string; readonly cert: string };
  /** Names under which this centre is reached, lower case. */
  readonly hosts: ReadonlySet<string>;
  readonly api: ApiPorts;
  readonly enrol: EnrolOptions;
  /** Port of video, which pages may connect to; null: none. */
  readonly mediaPort?: number | null;
  /** Built screens. */
  readonly screens: string;
  /** Requests per minute and address; a market's screens may share one. */
  readonly perMinute?: number;
  /** A fault of the centre while it answered. */
  readonly onFault: (fault: { readonly reference: string; readonly route: string; readonly error: unknown }) => void;
  /** A signed-in user asked for what is not for the user's role or scope. */
  readonly onRefusal: (refusal: Refusal) => void;
  /** Every answer, for the figures. */
  readonly onAnswer: (status: number) => void;
}

/** Who was refused what. */
export interface Refusal {
  readonly user: string;
  readonly address: string;
  /** Method and path pattern. */
  readonly route: string;
}

/** A server and what it serves. */
export interface BuiltServer {
  readonly app: FastifyInstance;
  readonly routes: () => readonly KnownRoute[];
}

const perMinuteDefault = 6_000;
const maxBodyBytes = 64 * 1024;

/** Sound and pictures come over the media door alone. */
const contentSecurityPolicy = (mediaPort: number | null) => ({
  useDefaults: false,
  directives: {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'"],
    connectSrc: ["'self'", ...(mediaPort === null ? [] : [`wss://*:${mediaPort}`])],
    ...(mediaPort === null ? {} : { mediaSrc: ["'self'", "blob:"] }),
    baseUri: ["'none'"],
    formAction: ["'none'"],
    frameAncestors: ["'none'"],
  },
});

/** Input is checked by zod, in `serve-api.ts`. The library's own compilers of schemas are large and are not loaded. */
const noSchemas = (): never => {
  throw new Error("routes have no schemas of the web server's");
};

const answerErrors = (app: FastifyInstance, { onFault, onRefusal }: ServerOptions): void => {
  app.setErrorHandler((error, request, reply) => {
    const reference = randomUUID();
    const { status, body, fault } = failureAnswer(error, reference);
    const route = `${request.method} ${request.routeOptions.url ?? ""}`;
    if (fault) onFault({ reference, route, error });
    const { session } = request;
    if (body.error.code === "ACCESS_DENIED" && session !== null) {
      onRefusal({ user: session.user, address: request.ip, route });
    }
    if (body.error.retryAfterMs !== null) {
      void reply.header("retry-after", Math.ceil(body.error.retryAfterMs / 1_000));
    }
    return reply.status(status).header("cache-control", "no-store").send(body);
  });
  app.setNotFoundHandler(() => {
    throw new ApiFailure("NOT_FOUND", "");
  });
};

/**
 * Builds the centre's HTTPS server: guards first, then enrolment, API and screens. It does not listen yet; it refuses to
 * become ready when a route does not say who may use it.
 */
export const buildServer = async (options: ServerOptions): Promise<BuiltServer> => {
  // The library types servers by their transport; nothing here depends on which it is.
  const app = Fastify({
    https: { ...options.tls, minVersion: "TLSv1.2" },
    logger: false,
    bodyLimit: maxBodyBytes,
    requestTimeout: 30_000,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
    routerOptions: { maxParamLength: 128 },
  }) as unknown as FastifyInstance;
  const routes = watchRoutes(app);
  answerErrors(app, options);
  app.addHook("onResponse", (_request, reply, done) => {
    options.onAnswer(reply.statusCode);
    done();
  });
  await app.register(fastifyHelmet, {
    contentSecurityPolicy: contentSecurityPolicy(options.mediaPort ?? null),
    // There is no plain HTTP to fall back to, and the header would also bind other services on the same host name.
    strictTransportSecurity: false,
    referrerPolicy: { policy: "no-referrer" },
  });
  await app.register(fastifyRateLimit, {
    max: options.perMinute ?? perMinuteDefault,
    timeWindow: 60_000,
    errorResponseBuilder: (_request, { ttl }) => new ApiFailure("RATE_LIMITED", "", { retryAfterMs: ttl }),
  });
  await app.register(fastifyCookie);
  guardRequests(app, { hosts: options.hosts, sessions: options.api.sessions, nowMs: options.api.nowMs });
  enrolRoutes(app, options.enrol);
  serveApi(app, apiRoutes(options.api));
  await serveScreens(app, options.screens);
  return { app, routes };
};
