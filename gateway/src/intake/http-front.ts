import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { MingchengError } from "@mingcheng/protocols";
import { intakeChannelOf } from "@mingcheng/protocols/intake";
import { type IntakeListener, isPlain } from "../config/intake-config.ts";
import { type DeskAnswer, refusal } from "./answer.ts";
import {
  addressOf,
  connectWithinMs,
  enters,
  type Front,
  type FrontParts,
  maxConnections,
  type TlsTexts,
} from "./front.ts";
import { maxMessageBytes } from "./message-desk.ts";
import { intakeOpenApi } from "./open-api.ts";

/** A request that takes longer is ended, however slowly it comes. */
const requestWithinMs = 10_000;
const limits: ServerOptions = {
  requestTimeout: requestWithinMs,
  headersTimeout: connectWithinMs,
  keepAliveTimeout: 60_000,
  // Otherwise slow requests are looked at every half minute only.
  connectionsCheckingInterval: 1_000,
  maxHeaderSize: 8 * 1024,
};

const prefix = "/intake/v1/";

const credentialsOf = ({ headers }: IncomingMessage): { device: string | undefined; secret: string | undefined } => {
  const given = /^Basic ([A-Za-z0-9+/=]{1,512})$/i.exec(headers.authorization ?? "")?.[1];
  const text = given === undefined ? "" : Buffer.from(given, "base64").toString("utf8");
  const at = text.indexOf(":");
  return at < 0 ? { device: undefined, secret: undefined } : { device: text.slice(0, at), secret: text.slice(at + 1) };
};

/** The body; undefined when it is larger than a message may be (the rest is not read), or the request was cut off. */
const readBody = async (request: IncomingMessage): Promise<Buffer | undefined> => {
  const announced = Number(request.headers["content-length"] ?? 0);
  if (announced > maxMessageBytes) return undefined;
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > maxMessageBytes) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts);
};

const write = (response: ServerResponse, answer: DeskAnswer, hasMore: boolean): void => {
  const text = `${JSON.stringify(answer.body)}\n`;
  const { status, retryAfterMs } = answer;
  const headers: Record<string, string | number> = {
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  };
  if (status === 401) headers["www-authenticate"] = 'Basic realm="mingcheng intake", charset="UTF-8"';
  if (status === 405) headers["allow"] = "POST";
  if (retryAfterMs !== undefined) headers["retry-after"] = Math.ceil(retryAfterMs / 1000);
  // Whoever has not been read to the end is not listened to any longer.
  if (hasMore) headers["connection"] = "close";
  response.writeHead(status, headers);
  response.end(text, () => {
    if (hasMore) response.req.destroy();
  });
};

/** Answers HTTP requests with what the desk says. */
class HttpFront {
  readonly parts: FrontParts;
  private readonly listener: IntakeListener;

  constructor(listener: IntakeListener, parts: FrontParts) {
    this.listener = listener;
    this.parts = parts;
  }

  async answer(request: IncomingMessage): Promise<DeskAnswer> {
    const path = (request.url ?? "").split("?")[0] ?? "";
    const channel = path.startsWith(prefix) ? intakeChannelOf(path.slice(prefix.length)) : undefined;
    if (channel === undefined) return refusal("NOT_FOUND");
    if (request.method !== "POST") return refusal("REQUEST_REFUSED");
    const { door, desk, pace, watchOf } = this.parts;
    const address = addressOf(request.socket);
    const admission = await door.admit({ ...credentialsOf(request), address, plain: isPlain(this.listener) });
    if ("code" in admission) {
      const { code, retryAfterMs } = admission;
      return refusal(code, retryAfterMs === 0 ? {} : { retryAfterMs });
    }
    const { id } = admission.device;
    const waitMs = pace.waitMs(id);
    if (waitMs > 0) return refusal("RATE_LIMITED", { retryAfterMs: waitMs });
    const watch = watchOf(id);
    const from = `${this.listener.protocol}://${address}`;
    watch.connected(from);
    const raw = await readBody(request);
    if (raw === undefined) return desk.unread(watch);
    return desk.take(watch, channel, raw, from);
  }
}

const listening = (server: Server, host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once("error", (cause) => {
      reject(new MingchengError("LISTEN_FAILED", `${host}:${port}: ${cause.message}`, { field: "intake", cause }));
    });
    server.listen(port, host, resolve);
  });

const respond = (front: HttpFront, request: IncomingMessage, response: ServerResponse): void => {
  const { log } = front.parts;
  request.on("error", () => undefined);
  response.on("error", () => undefined);
  if (request.method === "GET" && request.url === `${prefix}openapi.json`) {
    response.writeHead(200, { "content-type": "application/json; charset=utf-8", "cache-control": "no-cache" });
    response.end(`${JSON.stringify(intakeOpenApi(), null, 2)}\n`);
    return;
  }
  front
    .answer(request)
    .catch((error: unknown) => {
      // A request that ended in the middle has nobody to be answered.
      if (request.destroyed) log.debug({ error: String(error) }, "intake: a request was cut off");
      else log.error({ err: error }, "intake: a request could not be answered");
      return refusal("GATEWAY_FAULT");
    })
    .then((answer) => {
      if (!response.destroyed) write(response, answer, !request.complete);
    })
    .catch((error: unknown) => log.error({ err: error }, "intake: an answer could not be written"));
};

/**
 * Serves `POST /intake/v1/<channel>`. Nothing of a body is read before the device has proven its secret; headers, body and
 * time are bounded.
 * @throws {MingchengError} LISTEN_FAILED
 */
export const openHttpFront = async (
  listener: IntakeListener,
  host: string,
  tls: TlsTexts | undefined,
  parts: FrontParts,
): Promise<Front> => {
  const front = new HttpFront(listener, parts);
  const sockets = new Set<Socket>();
  const server: Server =
    tls === undefined
      ? createServer(limits)
      : createTlsServer({ ...limits, ...tls, minVersion: "TLSv1.2", handshakeTimeout: connectWithinMs });
  server.maxConnections = maxConnections;
  server.on("connection", (socket: Socket) => {
    if (!enters(socket, parts)) return;
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("tlsClientError", (error: Error, socket: Socket) => {
    const address = addressOf(socket);
    parts.refusals.write(`tls ${address} ${error.message}`, { address, error: error.message }, "intake: TLS failed");
  });
  server.on("request", (request, response) => respond(front, request, response));
  // Large bodies are announced first: whoever is refused need not send them.
  server.on("checkContinue", (request, response) => {
    if (Number(request.headers["content-length"] ?? 0) <= maxMessageBytes) response.writeContinue();
    respond(front, request, response);
  });
  await listening(server, host, listener.port);
  const { port } = server.address() as AddressInfo;
  return {
    address: { protocol: listener.protocol, host, port },
    connections: () => sockets.size,
    recheck: () => undefined,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
};
