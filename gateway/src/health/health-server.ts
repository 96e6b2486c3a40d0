import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { errorCatalogue, MingchengError } from "@mingcheng/protocols";

/** What one address answers. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/** Answers by path. */
export type Routes = Readonly<Record<string, () => Answer | Promise<Answer>>>;

/** The running server. */
export interface HealthServer {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

const maxConnections = 32;
/** Names by which this machine may be asked. A page that was lured here by another name gets nothing (DNS rebinding). */
const ownNames: ReadonlySet<string> = new Set(["127.0.0.1", "localhost", "[::1]"]);

/** A value as a JSON answer. */
export const jsonAnswer = (status: number, value: unknown): Answer => ({
  status,
  type: "application/json; charset=utf-8",
  text: `${JSON.stringify(value)}\n`,
});

const refusal = (status: number, code: "REQUEST_REFUSED" | "NOT_FOUND" | "GATEWAY_FAULT"): Answer => {
  const { zh, en, next } = errorCatalogue[code];
  return jsonAnswer(status, { error: { code, zh, en, next } });
};

const answerTo = async (request: IncomingMessage, routes: Routes): Promise<Answer> => {
  const name = (request.headers.host ?? "").replace(/:\d{1,5}$/, "").toLowerCase();
  if (!ownNames.has(name)) return refusal(403, "REQUEST_REFUSED");
  if (request.method !== "GET" && request.method !== "HEAD") return refusal(405, "REQUEST_REFUSED");
  const path = (request.url ?? "/").split("?")[0] ?? "/";
  const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
  return route === undefined ? refusal(404, "NOT_FOUND") : route();
};

const write = (response: ServerResponse, { status, type, text }: Answer, hasBody: boolean): void => {
  response.writeHead(status, {
    "content-type": type,
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
  response.end(hasBody ? text : undefined);
};

const listening = (server: Server, host: string, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once("error", (cause) => {
      const field = "health.port";
      reject(new MingchengError("LISTEN_FAILED", `${host}:${port}: ${cause.message}`, { field, cause }));
    });
    server.listen(port, host, resolve);
  });

/**
 * Serves GET requests in plain HTTP. `host` must be a loopback address: nothing here asks for a password.
 * @throws {MingchengError} LISTEN_FAILED
 */
export const openHealthServer = async (
  { host, port }: { readonly host: string; readonly port: number },
  routes: Routes,
  onError: (error: unknown) => void,
): Promise<HealthServer> => {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000, maxHeaderSize: 8 * 1024 });
  server.maxConnections = maxConnections;
  server.on("request", (request, response) => {
    answerTo(request, routes)
      .catch((error: unknown) => {
        onError(error);
        return refusal(500, "GATEWAY_FAULT");
      })
      .then((answer) => write(response, answer, request.method !== "HEAD"))
      .catch(onError);
  });
  await listening(server, host, port);
  const bound = server.address() as AddressInfo;
  return {
    host,
    port: bound.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
