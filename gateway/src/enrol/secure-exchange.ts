import { request } from "node:http";
import type { TLSSocket } from "node:tls";
import { MingchengError } from "@mingcheng/protocols";
import type { Endpoint } from "../identity/identity.ts";

/** One HTTP request over an open TLS connection, which is closed afterwards. */
export interface Exchange {
  readonly socket: TLSSocket;
  readonly at: Endpoint;
  readonly method: "GET" | "POST";
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: object;
  readonly withinMs: number;
}

/** What came back. */
export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** No answer of an enrolment is larger. */
const maxAnswerBytes = 64 * 1024;

const hostHeader = ({ host, port }: Endpoint): string => `${host.includes(":") ? `[${host}]` : host}:${port}`;

/** @throws {MingchengError} CENTRE_UNREACHABLE when no whole answer of at most 64 KiB comes in time */
export const exchange = ({ socket, at, method, path, body, withinMs }: Exchange): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const fail = (message: string, cause?: unknown): void => {
      socket.destroy();
      reject(new MingchengError("CENTRE_UNREACHABLE", `${at.host}:${at.port}: ${message}`, { cause }));
    };
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      host: hostHeader(at),
      connection: "close",
      ...(payload === undefined
        ? {}
        : { "content-type": "application/json", "content-length": Buffer.byteLength(payload) }),
    };
    const timer = setTimeout(() => fail(`no answer in ${withinMs} ms`), withinMs);
    const sent = request({ createConnection: () => socket, method, path, headers }, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > maxAnswerBytes) fail("the answer is too large");
        else chunks.push(chunk);
      });
      response.on("end", () => {
        clearTimeout(timer);
        socket.destroy();
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") });
      });
    });
    sent.on("error", (error) => {
      clearTimeout(timer);
      fail(error.message, error);
    });
    sent.end(payload);
  });
