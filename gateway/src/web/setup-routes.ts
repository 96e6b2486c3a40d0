import type { IncomingMessage, ServerResponse } from "node:http";
import { MingchengError } from "@mingcheng/protocols";
import type { LoginGuard } from "../intake/login-guard.ts";
import { type JsonAnswer, refusal } from "./answers.ts";
import type { EventStreams } from "./event-streams.ts";
import type { LastValues } from "./last-values.ts";
import { cookieOf, type Sessions, tokenIn } from "./sessions.ts";
import type { SetupCode } from "./setup-code.ts";
import type { SetupService } from "./setup-service.ts";

/** What the routes work with. */
export interface RouteParts {
  readonly secure: boolean;
  readonly service: SetupService;
  readonly sessions: Sessions;
  readonly code: SetupCode;
  readonly guard: LoginGuard;
  readonly streams: EventStreams;
  readonly values: LastValues;
  readonly log: { warn(detail: object, message: string): void; info(detail: object, message: string): void };
}

/** One request, checked: it names this gateway, and comes from its own page where it changes something. */
export interface SetupRequest {
  readonly message: IncomingMessage;
  /** Address of the other side. */
  readonly from: string;
  readonly body: unknown;
}

type Work = (request: SetupRequest, parts: RouteParts, response: ServerResponse) => Promise<JsonAnswer | null>;

/** A route: what it does, and whether a session is needed. `null` as answer: the route has answered by itself. */
export interface Route {
  readonly open: boolean;
  readonly work: Work;
}

const ok = (body: unknown): JsonAnswer => ({ status: 200, body });

const enter: Work = async ({ from, body }, { guard, code, sessions, secure, log }) => {
  const lockedMs = guard.lockedForMs(from);
  if (lockedMs > 0) return refusal("SETUP_LOCKED", { retryAfterMs: lockedMs });
  const typed = typeof body === "object" && body !== null && "code" in body ? body.code : undefined;
  if (typeof typed !== "string" || typed.length > 64) {
    throw new MingchengError("INPUT_INVALID", "expected a code", { field: "code" });
  }
  // Counted before it is tried, so that many at once are counted, too.
  guard.failed(from);
  if (!(await code.use(typed))) {
    log.warn({ from }, "web: a wrong set-up code was entered");
    return refusal("SETUP_CODE_INVALID");
  }
  guard.succeeded(from);
  log.info({ from }, "web: the set-up page was opened with a code");
  return { ...ok({ signedIn: true }), headers: { "set-cookie": cookieOf(sessions.start(), secure) } };
};

const watch: Work = async ({ message }, { streams, sessions, service, values }, response) => {
  const token = tokenIn(message.headers.cookie);
  streams.open(response, () => sessions.holds(token, false));
  const first = (name: string, data: unknown) => response.write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  first("state", service.state());
  first("detection", service.detection.now);
  for (const value of values.all()) first("value", value);
  return null;
};

/** Every address of the set-up page's data, as `METHOD path`. */
export const setupRoutes: Readonly<Record<string, Route>> = {
  "GET /setup/door": {
    open: true,
    work: async ({ message }, { sessions }) => ok({ signedIn: sessions.holds(tokenIn(message.headers.cookie), true) }),
  },
  "POST /setup/session": { open: true, work: enter },
  "POST /setup/session/end": {
    open: false,
    work: async ({ message }, { sessions, secure }) => {
      sessions.end(tokenIn(message.headers.cookie));
      return { ...ok({ signedIn: false }), headers: { "set-cookie": cookieOf("", secure) } };
    },
  },
  "GET /setup/state": { open: false, work: async (_request, { service }) => ok(service.state()) },
  "GET /setup/events": { open: false, work: watch },
  "GET /setup/ports": { open: false, work: async (_request, { service }) => ok(await service.ports()) },
  "GET /setup/report": { open: false, work: async (_request, { service }) => ok(await service.report()) },
  "POST /setup/detect": { open: false, work: async ({ body }, { service }) => ok(await service.detect(body)) },
  "POST /setup/detect/stop": { open: false, work: async (_request, { service }) => ok(await service.stopDetecting()) },
  "POST /setup/devices": { open: false, work: async ({ body }, { service }) => ok(await service.accept(body)) },
  "GET /setup/cameras": {
    open: false,
    work: async (_request, { service }) => ok(await (await service.cameras()).channels()),
  },
  "POST /setup/cameras/find": {
    open: false,
    work: async ({ body }, { service }) => ok(await (await service.cameras()).find(body)),
  },
  "POST /setup/cameras/streams": {
    open: false,
    work: async ({ body }, { service }) => ok(await (await service.cameras()).streams(body)),
  },
  "POST /setup/cameras/test": {
    open: false,
    work: async ({ body }, { service }) => ok(await (await service.cameras()).test(body)),
  },
  "POST /setup/cameras": { open: false, work: async ({ body }, { service }) => ok(await service.putCamera(body)) },
  "POST /setup/devices/confirm": {
    open: false,
    work: async ({ body }, { service }) => ok(await service.confirm(body)),
  },
};
