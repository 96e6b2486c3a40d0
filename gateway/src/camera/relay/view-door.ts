import { createHmac, randomBytes } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import type { Duplex } from "node:stream";
import { fileURLToPath } from "node:url";
import { MingchengError } from "@mingcheng/protocols";
import { showings, ViewTokens } from "@mingcheng/protocols/media";
import { WebSocketServer } from "ws";
import { z } from "zod";
import { type JsonAnswer, refusal, refusalOf } from "../../web/answers.ts";
import { isJson, isOwnHost, isOwnOrigin, type OwnNames } from "../../web/own-requests.ts";
import { bytesOfFile, type PageFile } from "../../web/page-files.ts";
import type { SelfSigned } from "../../web/self-signed.ts";
import { tokenIn } from "../../web/sessions.ts";
import type { Reviewer } from "../recording/reviewer.ts";
import type { Channels } from "./channels.ts";
import { LocalViewers } from "./local-viewers.ts";
import type { ShownChannels } from "./shown-channels.ts";
import type { ViewLog } from "./view-log.ts";

/** What the door is opened with. */
export interface ViewDoorOptions {
  readonly host: string;
  readonly port: number;
  /** Null: plain, on loopback. */
  readonly certificate: SelfSigned | null;
  readonly names: readonly string[];
  readonly gw: string;
  readonly channels: Channels;
  readonly shown: ShownChannels;
  readonly log: ViewLog;
  readonly review: Reviewer;
  /** Whether a token of the set-up page's session is good: the gateway itself knows. */
  readonly holdsSession: (token: string) => Promise<boolean>;
  readonly nowMs: () => number;
  readonly wallMs: () => number;
  readonly after: (delayMs: number, task: () => void) => () => void;
  readonly onFault: (error: unknown) => void;
}

/** The open door. */
export interface ViewDoor {
  readonly port: number;
  readonly viewers: LocalViewers;
  close(): Promise<void>;
}

const connectByMs = 60_000;
const viewMs = 30 * 60_000;
const mostBodyBytes = 4_096;

const tokenRequest = z.strictObject({
  channel: z.string().min(1).max(64),
  quality: z.enum(showings).default("sub"),
  why: z.string().trim().max(200).default(""),
});

const policy = [
  ...["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "media-src 'self' blob:"],
  ...["img-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
].join("; ");

const ownHeaders: Readonly<Record<string, string>> = {
  "content-security-policy": policy,
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
};

/** Where the build of this repository puts the page and its player. */
const pageFolder = fileURLToPath(new URL("../../../../dashboards/player/", import.meta.url));

/** The player of recoded video, as its package has it for browsers; the page loads it where a camera needs it. */
const jsmpegPath = (): string => {
  try {
    const found = createRequire(`${pageFolder}package.json`).resolve("@cycjimmy/jsmpeg-player");
    return join(dirname(found), "jsmpeg-player.esm.js");
  } catch {
    return "";
  }
};

const pageFiles = (): ReadonlyMap<string, PageFile> => {
  const text = (path: string, type: string): PageFile => ({
    path: `${pageFolder}${path}`,
    type: `text/${type}; charset=utf-8`,
    hashed: false,
  });
  const scripts = existsSync(`${pageFolder}dist`) ? readdirSync(`${pageFolder}dist`) : [];
  const files = new Map([
    ["/", text("local.html", "html")],
    ["/player.css", text("player.css", "css")],
    ...scripts
      .filter((name) => name.endsWith(".js"))
      .map((name): [string, PageFile] => [`/dist/${name}`, text(`dist/${name}`, "javascript")]),
    // Its styles are for controls that are not shown, and the page's policy allows none that are put in by a script.
    ["/jsmpeg.js", { ...text("", "javascript"), path: jsmpegPath(), without: "styleInject(css_248z);" }],
  ]);
  for (const [name, { path }] of files) if (!existsSync(path)) files.delete(name);
  return files;
};

const readBody = async (message: IncomingMessage): Promise<unknown> => {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of message) {
    bytes += (piece as Buffer).length;
    if (bytes > mostBodyBytes) throw new MingchengError("INPUT_INVALID", "the request is too large");
    pieces.push(piece as Buffer);
  }
  try {
    return JSON.parse(Buffer.concat(pieces).toString("utf8"));
  } catch {
    throw new MingchengError("INPUT_INVALID", "not JSON");
  }
};

class Door {
  readonly #options: ViewDoorOptions;
  readonly #own: OwnNames;
  readonly #tokens: ViewTokens;
  readonly #files = pageFiles();
  readonly viewers: LocalViewers;
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: mostBodyBytes, perMessageDeflate: false });

  constructor(options: ViewDoorOptions) {
    this.#options = options;
    const secure = options.certificate !== null;
    const name = hostname().toLowerCase();
    this.#own = { secure, names: new Set([...options.names, name, `${name}.local`]), anyAddress: secure };
    const key = randomBytes(32);
    this.#tokens = new ViewTokens({ mac: (bytes) => createHmac("sha256", key).update(bytes).digest() });
    this.viewers = new LocalViewers({ ...options, tokens: this.#tokens });
  }

  answer(message: IncomingMessage, response: ServerResponse): void {
    for (const [name, value] of Object.entries(ownHeaders)) response.setHeader(name, value);
    this.#answer(message, response)
      .catch((error: unknown) => {
        const refused = refusalOf(error);
        if (refused === undefined) this.#options.onFault(error);
        return refused ?? refusal("GATEWAY_FAULT");
      })
      .then((given) => {
        if (given === null || response.headersSent) return;
        const headers = { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" };
        response.writeHead(given.status, { ...headers, ...given.headers }).end(`${JSON.stringify(given.body)}\n`);
      })
      .catch(this.#options.onFault);
  }

  async #answer(message: IncomingMessage, response: ServerResponse): Promise<JsonAnswer | null> {
    if (!isOwnHost(message.headers.host, this.#own)) return refusal("REQUEST_REFUSED", { field: "host" });
    const path = (message.url ?? "/").split("?")[0] ?? "/";
    const asked = `${message.method ?? ""} ${path}`;
    if (asked === "GET /cameras" || asked === "POST /cameras/tokens") {
      if (!(await this.#isSignedIn(message))) return refusal("SETUP_SESSION_MISSING");
      return asked === "GET /cameras" ? this.#list() : this.#issue(message);
    }
    const file = message.method === "GET" ? this.#files.get(path) : undefined;
    if (file === undefined) return refusal("NOT_FOUND");
    response.writeHead(200, { "content-type": file.type, "cache-control": "no-cache" }).end(bytesOfFile(file));
    return null;
  }

  #isSignedIn(message: IncomingMessage): Promise<boolean> {
    const token = tokenIn(message.headers.cookie);
    return token === null ? Promise.resolve(false) : this.#options.holdsSession(token);
  }

  #list(): JsonAnswer {
    const cameras = this.#options.channels.all().map(({ config: { id, zone, sound } }) => ({
      ...{ id, zone, sound, state: this.#options.channels.state(id) },
    }));
    return { status: 200, body: { gw: this.#options.gw, cameras } };
  }

  async #issue(message: IncomingMessage): Promise<JsonAnswer> {
    if (!isOwnOrigin(message.headers, this.#own)) return refusal("REQUEST_REFUSED", { field: "origin" });
    if (!isJson(message.headers)) return refusal("REQUEST_REFUSED", { field: "content-type", status: 415 });
    const read = tokenRequest.safeParse(await readBody(message));
    if (!read.success)
      throw new MingchengError("INPUT_INVALID", "expected channel, quality, why", { field: "channel" });
    const { channel, quality, why } = read.data;
    if (this.#options.channels.get(channel) === undefined) return refusal("NOT_FOUND");
    const nowMs = this.#options.wallMs();
    const times = { connectByMs: nowMs + connectByMs, endsMs: nowMs + viewMs };
    const who = { gw: this.#options.gw, person: "set-up page", isPublic: false, why };
    const token = this.#tokens.issue({ v: 1, id: randomBytes(12).toString("hex"), channel, quality, ...who, ...times });
    return { status: 200, body: { token, path: "/media/watch", ...times } };
  }

  upgrade(message: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => undefined);
    const { host, origin } = message.headers;
    const ownOrigin = `${this.#own.secure ? "https" : "http"}://${host ?? ""}`;
    const isOurs = isOwnHost(host, this.#own) && (origin === undefined || origin === ownOrigin);
    if (!isOurs || message.url !== "/media/watch") {
      socket.end("HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n");
      return;
    }
    this.#sockets.handleUpgrade(message, socket, head, (viewer) => this.viewers.add(viewer, message));
  }
}

/** Opens the door for viewers in the market. @throws {MingchengError} LISTEN_FAILED */
export const openViewDoor = async (options: ViewDoorOptions): Promise<ViewDoor> => {
  const { host, port, certificate } = options;
  const door = new Door(options);
  const limits = { requestTimeout: 10_000, headersTimeout: 5_000, maxHeaderSize: 8 * 1024 };
  const server: Server =
    certificate === null
      ? createServer(limits)
      : createTlsServer({ ...limits, cert: certificate.certPem, key: certificate.keyPem, minVersion: "TLSv1.2" });
  server.maxConnections = 64;
  server.on("request", (message, response) => door.answer(message, response));
  server.on("upgrade", (message: IncomingMessage, socket: Duplex, head: Buffer) => door.upgrade(message, socket, head));
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) =>
      reject(
        new MingchengError("LISTEN_FAILED", `${host}:${port}: ${cause.message}`, { field: "cameras.view.port", cause }),
      ),
    );
    server.listen(port, host, resolve);
  });
  server.on("error", options.onFault);
  return {
    port: (server.address() as AddressInfo).port,
    viewers: door.viewers,
    close: () =>
      new Promise((resolve) => {
        door.viewers.close();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
