import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { MingchengError } from "@mingcheng/protocols";
import { type JsonAnswer, refusal, refusalOf } from "./answers.ts";
import { isJson, isOwnHost, isOwnOrigin, type OwnNames } from "./own-requests.ts";
import { bytesOfFile, type PageFile } from "./page-files.ts";
import type { SelfSigned } from "./self-signed.ts";
import { tokenIn } from "./sessions.ts";
import { type Route, type RouteParts, setupRoutes } from "./setup-routes.ts";

const maxConnections = 48;
const maxBodyBytes = 64 * 1024;

/** Nothing inline, nothing from elsewhere, in no frame. */
const policy = [
  ...["default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'"],
  ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
].join("; ");

const ownHeaders: Readonly<Record<string, string>> = {
  "content-security-policy": policy,
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
};

/** Everything the server answers with. */
export interface WebServerParts extends RouteParts {
  readonly names: OwnNames;
  readonly files: ReadonlyMap<string, PageFile>;
  readonly onFault: (error: unknown) => void;
}

const notBuilt = "设置网页尚未构建：运行 npm run build\nThe set-up page is not built: run npm run build\n";

const readBody = async (message: IncomingMessage): Promise<unknown> => {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of message) {
    bytes += (piece as Buffer).length;
    if (bytes > maxBodyBytes) throw new MingchengError("INPUT_INVALID", "the request is too large");
    pieces.push(piece as Buffer);
  }
  try {
    return bytes === 0 ? {} : (JSON.parse(Buffer.concat(pieces).toString("utf8")) as unknown);
  } catch {
    throw new MingchengError("INPUT_INVALID", "not JSON");
  }
};

const sendFile = (response: ServerResponse, file: PageFile, hasBody: boolean): void => {
  const bytes = bytesOfFile(file);
  response.writeHead(200, {
    "content-type": file.type,
    "content-length": bytes.length,
    "cache-control": file.hashed ? "public, max-age=31536000, immutable" : "no-cache",
  });
  response.end(hasBody ? bytes : undefined);
};

const sendJson = (response: ServerResponse, { status, body, headers }: JsonAnswer): void => {
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
    ...headers,
  });
  response.end(text);
};

const carryOut = async (
  route: Route,
  message: IncomingMessage,
  response: ServerResponse,
  parts: WebServerParts,
): Promise<JsonAnswer | null> => {
  if (message.method === "POST") {
    if (!isOwnOrigin(message.headers, parts.names)) return refusal("REQUEST_REFUSED", { field: "origin" });
    if (!isJson(message.headers)) return refusal("REQUEST_REFUSED", { field: "content-type", status: 415 });
  }
  // The page's own stream does not keep a session alive by itself; a person who does something does.
  const touches = message.method === "POST";
  if (!route.open && !parts.sessions.holds(tokenIn(message.headers.cookie), touches)) {
    return refusal("SETUP_SESSION_MISSING");
  }
  const body = message.method === "POST" ? await readBody(message) : undefined;
  const from = (message.socket.remoteAddress ?? "unknown").replace(/^::ffff:/, "");
  return route.work({ message, from, body }, parts, response);
};

const answer = async (
  message: IncomingMessage,
  response: ServerResponse,
  parts: WebServerParts,
): Promise<JsonAnswer | null> => {
  if (!isOwnHost(message.headers.host, parts.names)) return refusal("REQUEST_REFUSED", { field: "host" });
  const path = (message.url ?? "/").split("?")[0] ?? "/";
  const method = message.method ?? "";
  const route = setupRoutes[`${method} ${path}`];
  if (route !== undefined) return carryOut(route, message, response, parts);
  const isRead = method === "GET" || method === "HEAD";
  const file = isRead ? parts.files.get(path) : undefined;
  if (file !== undefined) {
    sendFile(response, file, method === "GET");
    return null;
  }
  if (isRead && path === "/") {
    response.writeHead(503, { "content-type": "text/plain; charset=utf-8" }).end(notBuilt);
    return null;
  }
  const known = Object.keys(setupRoutes).some((key) => key.endsWith(` ${path}`)) || parts.files.has(path);
  return known ? refusal("REQUEST_REFUSED", { field: "method", status: 405 }) : refusal("NOT_FOUND");
};

const listening = (server: Server, host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once("error", (cause) => {
      reject(new MingchengError("LISTEN_FAILED", `${host}:${port}: ${cause.message}`, { field: "web.port", cause }));
    });
    server.listen(port, host, resolve);
  });

/** The running server. */
export interface WebServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Serves the page and its data: TLS with `certificate`, else plain HTTP for loopback. @throws {MingchengError} LISTEN_FAILED */
export const openWebServer = async (
  { host, port }: { readonly host: string; readonly port: number },
  certificate: SelfSigned | null,
  parts: WebServerParts,
): Promise<WebServer> => {
  const limits = { requestTimeout: 10_000, headersTimeout: 5_000, maxHeaderSize: 8 * 1024 };
  const server =
    certificate === null
      ? createServer(limits)
      : createTlsServer({
          ...{ ...limits, cert: certificate.certPem, key: certificate.keyPem },
          ...{ minVersion: "TLSv1.2", handshakeTimeout: 5_000 },
        });
  server.maxConnections = maxConnections;
  server.on("request", (message: IncomingMessage, response: ServerResponse) => {
    for (const [name, value] of Object.entries(ownHeaders)) response.setHeader(name, value);
    answer(message, response, parts)
      .catch((error: unknown) => {
        const refused = refusalOf(error);
        if (refused === undefined) parts.onFault(error);
        return refused ?? refusal("GATEWAY_FAULT");
      })
      .then((given) => {
        if (given === null) return;
        if (!message.complete) response.setHeader("connection", "close");
        if (!response.headersSent) sendJson(response, given);
      })
      .catch(parts.onFault);
  });
  await listening(server, host, port);
  server.on("error", parts.onFault);
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
