import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { type RequestOptions, request } from "node:https";
import { gunzipSync } from "node:zlib";
import { type ServerEventName, serverEventSchemas } from "@mingcheng/protocols/api";

/** Where a client calls, and whom it trusts. */
export interface Target {
  readonly port: number;
  readonly ca: string;
}

/** What a request carries. */
export interface Asked {
  readonly method?: string;
  /** Bytes go as they are, everything else as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookie?: string | undefined;
}

/** An answer; `json` is undefined when it is none. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** As they came. */
  readonly bytes: Buffer;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever came back
  readonly json: any;
}

const optionsOf = ({ port, ca }: Target, path: string, asked: Asked): RequestOptions => ({
  ...{ host: "127.0.0.1", port, path, ca, servername: "localhost", agent: false, method: asked.method ?? "GET" },
  headers: {
    host: `localhost:${port}`,
    ...(asked.cookie === undefined ? {} : { cookie: asked.cookie }),
    ...(asked.body === undefined ? {} : { "content-type": "application/json" }),
    ...asked.headers,
  },
});

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** One request over HTTPS. */
export const call = (target: Target, path: string, asked: Asked = {}): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const sent = request(optionsOf(target, path, asked), (response) => {
      const pieces: Buffer[] = [];
      response.on("data", (piece: Buffer) => pieces.push(piece));
      response.on("end", () => {
        const body = Buffer.concat(pieces);
        const text = (response.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body).toString("utf8");
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: parsed(text), bytes: body });
      });
    });
    sent.on("error", reject);
    sent.end(
      asked.body === undefined ? undefined : asked.body instanceof Uint8Array ? asked.body : JSON.stringify(asked.body),
    );
  });

/** The session's cookie of an answer, as it goes back; undefined when it sets none. */
export const cookieOf = ({ headers }: Answer): string | undefined => headers["set-cookie"]?.[0]?.split(";")[0];

/** One event as it came; its data fit the schema of its name. */
export interface CameEvent {
  readonly id: number | null;
  readonly name: ServerEventName;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever came back
  readonly data: any;
}

const eventOf = (block: string): CameEvent | undefined => {
  const fields = new Map(block.split("\n").map((line) => line.split(/: ?(.*)/s).slice(0, 2) as [string, string]));
  const name = fields.get("event") as ServerEventName | undefined;
  if (name === undefined) return undefined;
  const data = serverEventSchemas[name].parse(JSON.parse(fields.get("data") ?? ""));
  const id = fields.get("id");
  return { id: id === undefined ? null : Number(id), name, data };
};

/** An open event stream. */
export interface CameStream {
  /** Resolves with the next event that fits; those before it are dropped. Rejects when the stream ends first. */
  next(fits: (event: CameEvent) => boolean): Promise<CameEvent>;
  /** Resolves when the stream has ended. */
  readonly ended: Promise<void>;
  readonly response: IncomingMessage;
  close(): void;
}

/** Opens an event stream. Resolves once its head has come; rejects with the answer when it is refused. */
export const openStream = (target: Target, asked: Asked = {}): Promise<CameStream> =>
  new Promise((resolve, reject) => {
    const sent = request(optionsOf(target, "/api/v1/events", asked), (response) => {
      if (response.statusCode !== 200) {
        reject(new Error(`refused with ${response.statusCode}`));
        response.resume();
        return;
      }
      const came: CameEvent[] = [];
      let waiting: { fits: (event: CameEvent) => boolean; done: (event: CameEvent) => void } | undefined;
      let over = false;
      let rest = "";
      const look = (): void => {
        while (waiting !== undefined && came.length > 0) {
          const event = came.shift() as CameEvent;
          if (!waiting.fits(event)) continue;
          const { done } = waiting;
          waiting = undefined;
          done(event);
        }
      };
      response.setEncoding("utf8");
      response.on("data", (piece: string) => {
        const blocks = (rest + piece).split("\n\n");
        rest = blocks.pop() ?? "";
        for (const block of blocks) {
          const event = eventOf(block);
          if (event !== undefined) came.push(event);
        }
        look();
      });
      const ended = new Promise<void>((end) => {
        response.once("close", () => {
          over = true;
          end();
        });
      });
      resolve({
        next: (fits) =>
          Promise.race([
            new Promise<CameEvent>((done) => {
              waiting = { fits, done };
              look();
            }),
            ended.then(() => {
              if (over) throw new Error("the stream ended");
              return undefined as never;
            }),
          ]),
        ...{ ended, response, close: () => sent.destroy() },
      });
    });
    sent.on("error", reject);
    sent.end();
  });
