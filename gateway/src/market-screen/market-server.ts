import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { type MarketView, MingchengError } from "@mingcheng/protocols";
import { type JsonAnswer, refusal, refusalOf } from "../web/answers.ts";
import { isOwnHost, isOwnOrigin, type OwnNames } from "../web/own-requests.ts";
import { bytesOfFile, type PageFile } from "../web/page-files.ts";
import type { SelfSigned } from "../web/self-signed.ts";
import type { PictureDoor } from "./picture-door.ts";
import type { RequestPace } from "./request-pace.ts";

const maxConnections = 64;

/** Nothing inline, nothing from elsewhere, in no frame; pictures come through the page's own address. */
const policy = [
  ...["default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self'", "connect-src 'self'"],
  ...["media-src 'self' blob:", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
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
export interface MarketServerParts {
  readonly names: OwnNames;
  readonly files: ReadonlyMap<string, PageFile>;
  readonly view: () => MarketView;
  readonly pictures: Pick<PictureDoor, "token" | "upgrade">;
  readonly pace: RequestPace;
  readonly onFault: (error: unknown) => void;
}

const notBuilt = "公示屏尚未构建：运行 npm run build\nThe market's page is not built: run npm run build\n";

const addressOf = ({ socket }: IncomingMessage): string => (socket.remoteAddress ?? "unknown").replace(/^::ffff:/, "");

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
  const type = { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" };
  response.writeHead(status, { ...type, "content-length": Buffer.byteLength(text), ...headers }).end(text);
};

/** Null: it has been answered already. */
const answer = async (
  message: IncomingMessage,
  response: ServerResponse,
  { names, pace, files, view, pictures }: MarketServerParts,
): Promise<JsonAnswer | null> => {
  if (!isOwnHost(message.headers.host, names)) return refusal("REQUEST_REFUSED", { field: "host" });
  const waitMs = pace.waitMs(addressOf(message));
  if (waitMs > 0) return refusal("RATE_LIMITED", { retryAfterMs: waitMs });
  const { pathname: path, searchParams } = new URL(message.url ?? "/", "http://screen");
  const method = message.method ?? "";
  if (path === "/market/token" && method === "POST") {
    if (!isOwnOrigin(message.headers, names)) return refusal("REQUEST_REFUSED", { field: "origin" });
    return { status: 200, body: await pictures.token(searchParams.get("channel") ?? "") };
  }
  if (method !== "GET" && method !== "HEAD") return refusal("REQUEST_REFUSED", { field: "method", status: 405 });
  if (path === "/market/state") return { status: 200, body: view() };
  const file = files.get(path);
  if (file === undefined && path !== "/") return refusal("NOT_FOUND");
  if (file === undefined) response.writeHead(503, { "content-type": "text/plain; charset=utf-8" }).end(notBuilt);
  else sendFile(response, file, method === "GET");
  return null;
};

const upgrade = (message: IncomingMessage, socket: Duplex, head: Buffer, parts: MarketServerParts): void => {
  socket.on("error", () => undefined);
  const { host, origin } = message.headers;
  const ownOrigin = `${parts.names.secure ? "https" : "http"}://${host ?? ""}`;
  const isOurs = isOwnHost(host, parts.names) && (origin === undefined || origin === ownOrigin);
  if (!isOurs || message.url !== "/media/watch" || parts.pace.waitMs(addressOf(message)) > 0) {
    socket.end("HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n");
    return;
  }
  parts.pictures.upgrade(message, socket, head);
};

/** The running server. */
export interface MarketServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Serves the page and its data: TLS with `certificate`, else plain HTTP for loopback. @throws {MingchengError} LISTEN_FAILED */
export const openMarketServer = async (
  { host, port }: { readonly host: string; readonly port: number },
  certificate: SelfSigned | null,
  parts: MarketServerParts,
): Promise<MarketServer> => {
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
        if (given === null || response.headersSent) return;
        // Nothing that anybody sends is read.
        if (!message.complete) response.setHeader("connection", "close");
        sendJson(response, given);
      })
      .catch(parts.onFault);
  });
  server.on("upgrade", (message: IncomingMessage, socket: Duplex, head: Buffer) =>
    upgrade(message, socket, head, parts),
  );
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) =>
      reject(
        new MingchengError("LISTEN_FAILED", `${host}:${port}: ${cause.message}`, { field: "marketScreen.port", cause }),
      ),
    );
    server.listen(port, host, resolve);
  });
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
