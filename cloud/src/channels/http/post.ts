import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";

/** One HTTP POST. */
export interface Post {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** For the whole exchange. */
  readonly timeoutMs: number;
  /** PEM: certificates trusted instead of the system's. */
  readonly ca?: string | undefined;
  /** At most so much of the answer's content is read; default 0, none. */
  readonly answerBytes?: number;
  readonly signal: AbortSignal;
}

/** What came of it. `sent`: the whole request was handed to the network, so the other side may have acted on it. */
export type Posted =
  | {
      readonly type: "answer";
      readonly status: number;
      readonly retryAfter: string | undefined;
      /** As UTF-8, cut after `answerBytes`. */
      readonly content: string;
    }
  | { readonly type: "no-answer"; readonly reason: string; readonly sent: boolean };

const codeOf = (error: Error & { readonly code?: string }): string => error.code ?? error.name;

/** Reads the content of an answer up to a limit; calls back once, or never when the connection breaks before. */
const readContent = (response: IncomingMessage, mostBytes: number, done: (content: string) => void): void => {
  const pieces: Buffer[] = [];
  let bytes = 0;
  const end = (): void => done(Buffer.concat(pieces).subarray(0, mostBytes).toString("utf8"));
  response.on("data", (piece: Buffer) => {
    pieces.push(piece);
    bytes += piece.length;
    if (bytes >= mostBytes) end();
  });
  response.on("end", end);
};

/** Makes one POST on a connection of its own. Never rejects, follows no redirect. */
export const post = ({ url, headers, body, timeoutMs, ca, answerBytes = 0, signal }: Post): Promise<Posted> =>
  new Promise((resolve) => {
    let sent = false;
    let request: ClientRequest | undefined;
    const end = (posted: Posted): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
      resolve(posted);
      request?.destroy();
    };
    const timer = setTimeout(() => end({ type: "no-answer", reason: "timeout", sent }), timeoutMs);
    const stop = (): void => end({ type: "no-answer", reason: "stopped", sent });
    if (signal.aborted) {
      stop();
      return;
    }
    signal.addEventListener("abort", stop, { once: true });
    const length = Buffer.byteLength(body);
    const options = { method: "POST", agent: false, headers: { ...headers, "content-length": length } } as const;
    const broken = (error: Error): void => end({ type: "no-answer", reason: codeOf(error), sent });
    const answered = (response: IncomingMessage): void => {
      const status = response.statusCode ?? 0;
      const retryAfter = response.headers["retry-after"];
      if (answerBytes === 0) end({ type: "answer", status, retryAfter, content: "" });
      else {
        response.on("error", broken);
        readContent(response, answerBytes, (content) => end({ type: "answer", status, retryAfter, content }));
      }
    };
    try {
      request =
        url.protocol === "https:"
          ? httpsRequest(url, { ...options, ...(ca === undefined ? {} : { ca }) }, answered)
          : httpRequest(url, options, answered);
      request.on("error", broken);
      request.end(body, () => {
        sent = true;
      });
    } catch (error) {
      end({ type: "no-answer", reason: error instanceof Error ? codeOf(error) : String(error), sent: false });
    }
  });
