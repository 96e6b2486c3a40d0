import type { ApiError } from "@mingcheng/protocols";

/** Why a request had no success. */
export class Problem extends Error {
  /** A code of the error catalogue; null when the other side could not be reached. */
  readonly code: string | null;
  readonly details: ApiError["error"] | null;

  constructor(details: ApiError["error"] | null) {
    super(details?.en ?? "cannot be reached");
    this.name = "Problem";
    this.code = details?.code ?? null;
    this.details = details;
  }
}

/** A failure as what it is to the reader: whatever is no {@link Problem} is one that nobody answered. */
export const problemOf = (error: unknown): Problem => (error instanceof Problem ? error : new Problem(null));

/** Whom a page asks. */
export interface Respondent {
  /** A request that takes longer is given up. */
  readonly withinMs: number;
  /** What is told when something between the page and the respondent answered in its place. */
  readonly notItself: Pick<ApiError["error"], "code" | "zh" | "en">;
}

/** One request of a {@link Respondent}. Rejects with a {@link Problem}. */
export type JsonRequest = (method: "GET" | "POST", path: string, body?: unknown) => Promise<unknown>;

const detailsOf = (answer: unknown, notItself: Respondent["notItself"]): ApiError["error"] => {
  const given = (answer as Partial<ApiError> | null)?.error;
  const isOne = typeof given?.code === "string" && typeof given.zh === "string" && typeof given.en === "string";
  if (isOne && typeof given.next?.zh === "string" && typeof given.next.en === "string") return given;
  const next = { zh: "稍后重试", en: "try again" };
  return { ...notItself, next, field: null, detail: null, retryable: true, retryAfterMs: null, reference: null };
};

/** Asks in JSON, or with a file as it is, as the one who is signed in, and believes no cache. */
export const createJsonRequest =
  ({ withinMs, notItself }: Respondent): JsonRequest =>
  async (method, path, body) => {
    const options: RequestInit = { method, credentials: "same-origin", cache: "no-store" };
    if (body instanceof Blob) {
      options.headers = { "content-type": body.type };
      options.body = body;
    } else if (body !== undefined) {
      options.headers = { "content-type": "application/json" };
      options.body = JSON.stringify(body);
    }
    let response: Response;
    let answer: unknown;
    try {
      response = await fetch(path, { ...options, signal: AbortSignal.timeout(withinMs) });
      answer = await response.json().catch(() => null);
    } catch {
      throw new Problem(null);
    }
    if (!response.ok || answer === null) throw new Problem(detailsOf(answer, notItself));
    return answer;
  };

/** Asks in JSON for a file. Rejects with a {@link Problem}. */
export const createFileRequest =
  ({ withinMs, notItself }: Respondent) =>
  async (path: string, body: unknown): Promise<{ readonly content: Blob; readonly headers: Headers }> => {
    try {
      const response = await fetch(path, {
        ...{ method: "POST", credentials: "same-origin", cache: "no-store", signal: AbortSignal.timeout(withinMs) },
        ...{ headers: { "content-type": "application/json" }, body: JSON.stringify(body) },
      });
      if (!response.ok) throw new Problem(detailsOf(await response.json().catch(() => null), notItself));
      return { content: await response.blob(), headers: response.headers };
    } catch (error) {
      throw problemOf(error);
    }
  };
