import { MingchengError } from "@mingcheng/protocols/errors";

/** Where Grafana is and who asks. */
export interface GrafanaAccess {
  /** e.g. `http://127.0.0.1:3000`, with a path when it lives below one. */
  readonly url: string;
  /** The whole `Authorization` header. */
  readonly authorization: string;
}

/** An answer of Grafana; `body` is whatever JSON it sent. */
export interface GrafanaAnswer {
  readonly status: number;
  readonly body: unknown;
}

const answerWithinMs = 15_000;

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

/**
 * Asks Grafana's HTTP API.
 *
 * @throws MingchengError `GRAFANA_UNREACHABLE` when there is no answer within 15 s.
 */
export const askGrafana = async (
  { url, authorization }: GrafanaAccess,
  method: "GET" | "POST" | "PUT",
  path: string,
  body?: unknown,
): Promise<GrafanaAnswer> => {
  try {
    const answer = await fetch(`${url.replace(/\/+$/, "")}${path}`, {
      method,
      headers: { authorization, accept: "application/json", "content-type": "application/json" },
      signal: AbortSignal.timeout(answerWithinMs),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: parsed(await answer.text()) };
  } catch (error) {
    const reason =
      error instanceof Error ? ((error.cause as Error | undefined)?.message ?? error.message) : String(error);
    throw new MingchengError("GRAFANA_UNREACHABLE", `${url}: ${reason}`, { cause: error });
  }
};
