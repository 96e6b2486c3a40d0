import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import {
  type Account,
  type ApiError,
  accountSchema,
  type EvidenceKeys,
  type ServerEvent,
  type Today,
  todaySchema,
} from "@mingcheng/protocols/api";
import { repositoryRoot } from "../../src/harness/repository.ts";
import { errorOf } from "./errors-of.ts";
import { answerAlerts, type FixtureAlerts, type FixtureAnswer, type FixtureRequest } from "./fixture-alerts.ts";
import { answerDesk } from "./fixture-desk.ts";
import { answerSite } from "./fixture-site.ts";
import { answerWall, type FixtureWall } from "./fixture-wall.ts";
import { sampleTrend } from "./sample-day.ts";

const screens = join(repositoryRoot, "dashboards/screens/dist");
const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

/** The program that is behind an address, as the centre has it. */
const pageOf = (path: string): string => {
  if (path === "/verify") return "/verify.html";
  if (/^\/(?:m|a)(?:\/|$)/.test(path)) return "/phone.html";
  if (path === "/wall" || path === "/wall/remote") return "/wall.html";
  return /\.\w+$/.test(path) ? path : "/index.html";
};

/** As strict as the centre's own. */
const policy =
  "default-src 'none';script-src 'self';style-src 'self';img-src 'self';connect-src 'self';base-uri 'none';form-action 'none';frame-ancestors 'none'";

/** What the fixture answers; tests change it while a page looks at it. */
export interface FixtureState {
  account: Account | null;
  /** Password that lets in. */
  password: string;
  today: Today;
  /** Answers every read of the day with this instead. */
  failure: { readonly status: number; readonly error: ApiError } | null;
  /** Never answers, as behind a cut cable. */
  dead: boolean;
  /** Its key for evidence; without one it has no such route. */
  evidenceKeys?: EvidenceKeys;
  /** Without them only the alerts of the day are there. */
  alerts?: FixtureAlerts;
  /** The day is answered once this resolves. */
  hold?: Promise<void>;
}

const answerOne = (alerts: FixtureAlerts, request: FixtureRequest): FixtureAnswer =>
  answerAlerts(alerts, request) ?? answerSite(alerts, request) ?? answerDesk(request);

/** A centre made of answers: the built screens over plain HTTP on loopback, an API that says what a test wants. */
export class FixtureCentre {
  readonly state: FixtureState;
  readonly asked: string[] = [];
  readonly wall: FixtureWall = { told: [], hasMap: true, cameras: true };
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  readonly #streams = new Set<ServerResponse>();

  constructor(state: FixtureState) {
    todaySchema.parse(state.today);
    this.state = state;
  }

  /** Listens, on a free port unless one is named, and returns where. */
  async start(port = 0): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(port, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  /** Sends an event to every open page. */
  send({ name, data }: ServerEvent, id?: number): void {
    const head = id === undefined ? "" : `id: ${id}\n`;
    for (const stream of this.#streams) stream.write(`${head}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  /** Pages that listen now. */
  get listeners(): number {
    return this.#streams.size;
  }

  /** Breaks every stream, as a cable does. */
  breakStreams(): void {
    for (const stream of this.#streams) stream.destroy();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? "").split("?")[0] ?? "";
    response.setHeader("content-security-policy", policy);
    if (!path.startsWith("/api/")) {
      await this.#file(path, response);
      return;
    }
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const bytes = Buffer.concat(pieces);
    const isPicture = request.headers["content-type"]?.startsWith("image/") ?? false;
    const text = isPicture ? "" : bytes.toString("utf8");
    this.asked.push(`${request.method ?? ""} ${request.url ?? ""} ${text}`.trim());
    if (this.state.dead) {
      request.socket.destroy();
      return;
    }
    if (path === "/api/v1/events") {
      this.#stream(request, response);
      return;
    }
    if (path === "/api/v1/today") await this.state.hold;
    const [status, answer] = this.#answerOf(request, text === "" ? {} : JSON.parse(text), bytes);
    if (Buffer.isBuffer(answer)) {
      response.writeHead(status, { "content-type": "image/png" }).end(answer);
      return;
    }
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer));
  }

  async #file(path: string, response: ServerResponse): Promise<void> {
    const name = pageOf(path);
    try {
      const content = await readFile(join(screens, name));
      response.writeHead(200, { "content-type": types[extname(name)] ?? "application/octet-stream" }).end(content);
    } catch {
      response.writeHead(404).end();
    }
  }

  #stream(request: IncomingMessage, response: ServerResponse): void {
    if (this.state.account === null || this.state.failure !== null) {
      response.writeHead(401).end();
      return;
    }
    response.writeHead(200, { "content-type": "text/event-stream" });
    const data = { at: new Date().toISOString(), lsn: 1, resumed: request.headers["last-event-id"] !== undefined };
    response.write(`retry: 100\n\nid: 1\nevent: hello\ndata: ${JSON.stringify(data)}\n\n`);
    this.#streams.add(response);
    response.on("close", () => this.#streams.delete(response));
  }

  #answerOf(
    { method = "", url = "" }: IncomingMessage,
    body: Readonly<Record<string, string>>,
    bytes: Buffer,
  ): readonly [number, unknown] {
    const { pathname: path, searchParams: query } = new URL(url, "http://fixture");
    const { account, alerts, failure, today } = this.state;
    if (account !== null && failure === null && /^\/api\/v1\/(?:walls?|map|cameras)\b/.test(path)) {
      const answer = answerWall(this.wall, today, { method, path, query, body, bytes, account, asOf: today.asOf });
      if (answer !== undefined) return answer;
    }
    const known =
      account === null || alerts === undefined || failure !== null
        ? undefined
        : answerOne(alerts, { method, path, query, body, bytes, account, asOf: today.asOf });
    return known ?? this.#api(`${method} ${path}`, body);
  }

  #api(route: string, body: { password?: string; present?: string }): [number, unknown] {
    const { state } = this;
    if (route === "POST /api/v1/login") {
      if (body.password !== state.password) return [401, errorOf("LOGIN_REFUSED")];
      state.account ??= accountSchema.parse({ ...fallbackAccount });
      return [200, state.account];
    }
    if (route === "GET /api/v1/evidence/keys" && state.evidenceKeys !== undefined) return [200, state.evidenceKeys];
    if (state.account === null) return [401, errorOf("SESSION_MISSING")];
    if (route === "GET /api/v1/me") return [200, state.account];
    if (route === "POST /api/v1/logout") {
      state.account = null;
      return [200, { signedOut: true }];
    }
    if (route === "POST /api/v1/password") {
      if (body.present !== state.password) return [400, errorOf("USER_INVALID", { field: "present" })];
      state.account = { ...state.account, mustChangePassword: false };
      return [200, state.account];
    }
    if (state.failure !== null) return [state.failure.status, state.failure.error];
    if (route === "GET /api/v1/today") return [200, state.today];
    if (route === "GET /api/v1/trend") return [200, sampleTrend(state.today.totals.weighings === 0)];
    return this.#acknowledge(route);
  }

  #acknowledge(route: string): [number, unknown] {
    const { account, today } = this.state;
    const id = /^POST \/api\/v1\/alerts\/(.+)\/acknowledge$/.exec(route)?.[1];
    const alert = today.alerts?.alerts.find((known) => known.id === id);
    if (alert === undefined || account === null || today.alerts === null) return [404, errorOf("NOT_FOUND")];
    alert.state = "acknowledged";
    alert.acknowledged = { by: account.user, at: today.asOf };
    today.alerts.firing--;
    today.alerts.acknowledged++;
    return [200, { outcome: "done", alert }];
  }
}

const fallbackAccount: Account = {
  ...{ user: "admin", role: "administrator", mustChangePassword: true, centreName: "Mingcheng 明秤" },
  scope: { whole: true, areas: [], sites: [] },
  ...{ timezone: "Asia/Shanghai", expiresAt: "2026-11-23T18:05:00.000Z" },
};
