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
  readonly signal: AbortSignal;
}

/** What came of it. `sent`: the whole request was handed to the network, so the other side may have acted on it. */
export type Posted =
  | { readonly type: "answer"; readonly status: number; readonly retryAfter: string | undefined }
  | { readonly type: "no-answer"; readonly reason: string; readonly sent: boolean };

const codeOf = (error: Error & { readonly code?: string }): string => error.code ?? error.name;

/** Makes one POST on a connection of its own. Never rejects, follows no redirect, reads none of the answer's content. */
export const post = ({ url, headers, body, timeoutMs, ca, signal }: Post): Promise<Posted> =>
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
    const answered = (response: IncomingMessage): void => {
      const status = response.statusCode ?? 0;
      end({ type: "answer", status, retryAfter: response.headers["retry-after"] });
    };
    try {
      request =
        url.protocol === "https:"
          ? httpsRequest(url, { ...options, ...(ca === undefined ? {} : { ca }) }, answered)
          : httpRequest(url, options, answered);
      request.on("error", (error) => end({ type: "no-answer", reason: codeOf(error), sent }));
      request.end(body, () => {
        sent = true;
      });
    } catch (error) {
      end({ type: "no-answer", reason: error instanceof Error ? codeOf(error) : String(error), sent: false });
    }
  });
