import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { MingchengError } from "@mingcheng/protocols";
import { answerAsAliyun } from "./aliyun-endpoint.ts";
import { answerControl } from "./control-endpoint.ts";
import type { AccountKey, ProviderAnswer, ProviderRequest } from "./provider-request.ts";
import type { ProviderName, ProviderState } from "./provider-state.ts";
import { answerAsTencent } from "./tencent-endpoint.ts";
import { answerAsWecom } from "./wecom-endpoint.ts";

/** Keys of the simulated accounts. */
export interface ProviderKeys {
  readonly aliyun: AccountKey;
  readonly tencent: AccountKey;
  /** Key of the group's robot. */
  readonly wecom: string;
  /** For the control API. */
  readonly control: string;
}

/** Running providers. */
export interface HttpProviders {
  /** What a channel's `endpoint` names: all three providers, and the control API under `/control/`. */
  readonly url: string;
  stop(): Promise<void>;
}

const acceptedCodes: ReadonlySet<string> = new Set(["OK", "Ok", "0"]);
const mostBodyBytes = 256 * 1024;
const nonsense = "<html><body>502 Bad Gateway \u{1F63F}</body></html>";

const bodyOf = async (request: IncomingMessage): Promise<string | undefined> => {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request) {
    bytes += (piece as Buffer).length;
    if (bytes > mostBodyBytes) return undefined;
    pieces.push(piece as Buffer);
  }
  return Buffer.concat(pieces).toString("utf8");
};

const requestOf = (request: IncomingMessage, body: string): ProviderRequest => {
  const [path = "/", query = ""] = (request.url ?? "/").split(/\?(.*)/s);
  const headers = new Map<string, string>();
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    headers.set((request.rawHeaders[index] ?? "").toLowerCase(), request.rawHeaders[index + 1] ?? "");
  }
  return { method: request.method ?? "", path, query, headers, body };
};

const providerOf = ({ path, headers }: ProviderRequest): ProviderName | undefined => {
  if (path === "/cgi-bin/webhook/send") return "wecom";
  if (headers.has("x-acs-action")) return "aliyun";
  return headers.has("x-tc-action") ? "tencent" : undefined;
};

const isSend = (provider: ProviderName, { headers }: ProviderRequest): boolean =>
  provider === "wecom" || (headers.get("x-acs-action") ?? headers.get("x-tc-action")) === "SendSms";

const codeIn = (content: unknown): string => {
  const { Code, errcode, Response } = content as {
    Code?: string;
    errcode?: number;
    Response?: Record<string, unknown>;
  };
  const inner = Response as { Error?: { Code: string }; SendStatusSet?: { Code: string }[] } | undefined;
  return (
    Code ?? inner?.Error?.Code ?? inner?.SendStatusSet?.[0]?.Code ?? (errcode === undefined ? "Ok" : String(errcode))
  );
};

const write = (response: ServerResponse, { status, content }: ProviderAnswer): void => {
  response.writeHead(status, { "content-type": "application/json; charset=utf-8" }).end(JSON.stringify(content));
};

const answerAs = (
  provider: ProviderName,
  {
    state,
    keys,
    request,
  }: { readonly state: ProviderState; readonly keys: ProviderKeys; readonly request: ProviderRequest },
): ProviderAnswer | Promise<ProviderAnswer> => {
  if (provider === "aliyun") return answerAsAliyun(state, keys.aliyun, request);
  if (provider === "tencent") return answerAsTencent(state, keys.tencent, request);
  return answerAsWecom(state, keys.wecom, request);
};

/** Answers, or does not, as the providers were told to behave. */
const play = async (
  provider: ProviderName,
  {
    state,
    keys,
    request,
  }: { readonly state: ProviderState; readonly keys: ProviderKeys; readonly request: ProviderRequest },
  response: ServerResponse,
): Promise<void> => {
  const { answer: told, delayMs } = state.behaviour;
  const concerned = isSend(provider, request) || ["reset", "unavailable", "nonsense"].includes(told);
  if (concerned && told === "reset") response.destroy();
  else if (concerned && told === "unavailable") response.writeHead(503, { "retry-after": "1" }).end("unavailable");
  else if (concerned && told === "nonsense") response.writeHead(200).end(nonsense);
  else {
    const answer = await answerAs(provider, { state, keys, request });
    const code = codeIn(answer.content);
    state.count(provider, code);
    if (delayMs > 0) await delay(delayMs, undefined, { ref: false });
    if (concerned && told === "lost" && acceptedCodes.has(code)) response.destroy();
    else write(response, answer);
  }
  if (concerned) state.nextBehaviour();
};

/**
 * Listens on loopback as Aliyun SMS, Tencent SMS and a WeCom group robot at once: which one is meant is seen from the
 * request. @throws {MingchengError} SIM_LINE_FAILED when the port is taken
 */
export const startHttpProviders = async (
  state: ProviderState,
  keys: ProviderKeys,
  port: number,
): Promise<HttpProviders> => {
  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await bodyOf(incoming);
    if (body === undefined) {
      response.writeHead(413).end();
      return;
    }
    const request = requestOf(incoming, body);
    if (request.path.startsWith("/control/")) {
      write(response, answerControl(state, keys.control, request));
      return;
    }
    const provider = request.method === "POST" ? providerOf(request) : undefined;
    if (provider === undefined) response.writeHead(404).end();
    else await play(provider, { state, keys, request }, response);
  };
  const server = createServer((incoming, response) => {
    handle(incoming, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => {
      const message = `127.0.0.1:${port} cannot be listened on`;
      reject(new MingchengError("SIM_LINE_FAILED", message, { field: "--port", cause }));
    });
    server.listen(port, "127.0.0.1", resolve);
  });
  const address = server.address();
  const actual = typeof address === "object" && address !== null ? address.port : port;
  return {
    url: `http://127.0.0.1:${actual}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
