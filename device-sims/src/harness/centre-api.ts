import { readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { request } from "node:https";
import { join } from "node:path";
import type { CentreProcess } from "./centre-process.ts";

/** The centre's API as a signed-in user sees it. */
export interface CentreApi {
  /** @throws {Error} on any status but 2xx, with the answer's body */
  get<Answer>(path: string): Promise<Answer>;
  post<Answer>(path: string, body: unknown): Promise<Answer>;
  /** A file, as it comes. @throws {Error} on any status but 200 */
  bytes(path: string): Promise<Buffer>;
  /** Posts and returns whatever comes back, refusals too. */
  file(path: string, body: unknown): Promise<{ readonly status: number; readonly text: string }>;
  /** Follows the events until `signal` aborts; `onEvent` gets the name and the parsed data of each. */
  events(onEvent: (name: string, data: unknown) => void, signal: AbortSignal): Promise<void>;
}

const readAll = async (answer: IncomingMessage): Promise<string> => {
  let text = "";
  answer.setEncoding("utf8");
  for await (const piece of answer) text += piece;
  return text;
};

/** Certificate of the centre's authority, PEM. */
export const authorityOf = (centre: CentreProcess): string =>
  readFileSync(join(centre.dataDir, "keys", "ca.pem"), "utf8");

/** Signs a user in. The centre's certificate is checked against its own authority. */
export const signIn = async (centre: CentreProcess, user: string, password: string): Promise<CentreApi> => {
  const ca = authorityOf(centre);
  let cookie = "";
  const open = (method: string, path: string, body: unknown, signal?: AbortSignal): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const { host, port } = centre.addresses.https;
      const text = body === undefined ? undefined : JSON.stringify(body);
      const sent = request(
        {
          host,
          port,
          path,
          method,
          ca,
          agent: false,
          ...(signal === undefined ? {} : { signal }),
          headers: {
            origin: `https://${host}:${port}`,
            ...(cookie === "" ? {} : { cookie }),
            ...(text === undefined ? {} : { "content-type": "application/json" }),
          },
        },
        resolve,
      );
      sent.on("error", reject);
      sent.end(text);
    });
  const ask = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const answer = await open(method, path, body);
    const text = await readAll(answer);
    const status = answer.statusCode ?? 0;
    if (status < 200 || status > 299) throw new Error(`${method} ${path}: ${status} ${text}`);
    const set = answer.headers["set-cookie"];
    if (set !== undefined) cookie = set.map((item) => item.split(";")[0]).join("; ");
    return JSON.parse(text);
  };
  await ask("POST", "/api/v1/login", { user, password });
  return {
    get: async <Answer>(path: string) => (await ask("GET", path)) as Answer,
    post: async <Answer>(path: string, body: unknown) => (await ask("POST", path, body)) as Answer,
    bytes: async (path) => {
      const answer = await open("GET", path, undefined);
      const pieces: Uint8Array[] = [];
      for await (const piece of answer) pieces.push(piece as Uint8Array);
      if (answer.statusCode !== 200) throw new Error(`GET ${path}: ${answer.statusCode}`);
      return Buffer.concat(pieces);
    },
    file: async (path, body) => {
      const answer = await open("POST", path, body);
      return { text: await readAll(answer), status: answer.statusCode ?? 0 };
    },
    events: async (onEvent, signal) => {
      const answer = await open("GET", "/api/v1/events", undefined, signal);
      answer.setEncoding("utf8");
      let rest = "";
      try {
        for await (const piece of answer) {
          const blocks = `${rest}${piece}`.split("\n\n");
          rest = blocks.pop() ?? "";
          for (const block of blocks) {
            const name = /^event: (.*)$/m.exec(block)?.[1];
            const data = /^data: (.*)$/m.exec(block)?.[1];
            if (name !== undefined && data !== undefined) onEvent(name, JSON.parse(data));
          }
        }
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    },
  };
};
