import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { MingchengError } from "@mingcheng/protocols";
import { z } from "zod";

/** What a simulator can be told or asked: by `METHOD /control/name`, with the JSON that was given. */
export type Doings = Readonly<Record<string, (given: unknown) => unknown>>;

/** A running control API. */
export interface ControlServer {
  /** `http://127.0.0.1:<port>/control/`. */
  readonly url: string;
  stop(): Promise<void>;
}

const mostBodyBytes = 64 * 1024;

const write = (response: ServerResponse, status: number, content: unknown): void => {
  response.writeHead(status, { "content-type": "application/json; charset=utf-8" }).end(JSON.stringify(content));
};

const givenIn = async (request: IncomingMessage): Promise<unknown> => {
  let text = "";
  for await (const piece of request.setEncoding("utf8")) {
    text += piece as string;
    if (text.length > mostBodyBytes) throw new SyntaxError("too long");
  }
  return text === "" ? {} : JSON.parse(text);
};

const answer = async (doings: Doings, token: string, request: IncomingMessage): Promise<readonly [number, unknown]> => {
  if (request.headers.authorization !== `Bearer ${token}`) return [401, { error: "a token is needed" }];
  const doing = doings[`${request.method} ${request.url}`];
  if (doing === undefined) return [404, { error: "not found", known: Object.keys(doings) }];
  try {
    return [200, await doing(await givenIn(request))];
  } catch (error) {
    if (error instanceof z.ZodError) return [400, { error: z.prettifyError(error) }];
    if (error instanceof SyntaxError) return [400, { error: error.message }];
    throw error;
  }
};

/**
 * Lets a test or a person look into a simulator and tell it how to behave; needs the token.
 * @throws {MingchengError} SIM_LINE_FAILED when the port is taken
 */
export const startControl = async (doings: Doings, token: string, port: number): Promise<ControlServer> => {
  const server = createServer((request, response) => {
    answer(doings, token, request)
      .then(([status, content]) => write(response, status, content))
      .catch((error: unknown) => write(response, 500, { error: String(error) }));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => {
      const message = `127.0.0.1:${port} cannot be listened on`;
      reject(new MingchengError("SIM_LINE_FAILED", message, { field: "--control-port", cause }));
    });
    server.listen(port, "127.0.0.1", resolve);
  });
  const address = server.address();
  const actual = typeof address === "object" && address !== null ? address.port : port;
  return {
    url: `http://127.0.0.1:${actual}/control/`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
