import type { Account, Acknowledged, ApiError, EvidenceKeys, Today } from "@mingcheng/protocols";

/** Why a request had no success. */
export class Problem extends Error {
  /** A code of the error catalogue; null when the centre could not be reached. */
  readonly code: string | null;
  readonly details: ApiError["error"] | null;

  constructor(details: ApiError["error"] | null) {
    super(details?.en ?? "the centre cannot be reached");
    this.name = "Problem";
    this.code = details?.code ?? null;
    this.details = details;
  }
}

/** A request that takes longer is given up. */
const withinMs = 15_000;

const detailsOf = (answer: unknown): ApiError["error"] => {
  const given = (answer as Partial<ApiError> | null)?.error;
  if (typeof given?.code === "string" && typeof given.zh === "string" && typeof given.en === "string") return given;
  // Something between this page and the centre answered instead of it.
  const next = { zh: "稍后重试", en: "try again" };
  const rest = { field: null, detail: null, retryable: true, retryAfterMs: null, reference: null };
  return { code: "CENTRE_FAULT", zh: "中心没有正常应答", en: "the centre did not answer properly", next, ...rest };
};

const request = async (method: "GET" | "POST", path: string, body?: unknown): Promise<unknown> => {
  const options: RequestInit = { method, credentials: "same-origin", cache: "no-store" };
  if (body !== undefined) {
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
  if (!response.ok || answer === null) throw new Problem(detailsOf(answer));
  return answer;
};

/** The centre's API, as far as this page uses it. Every call rejects with a {@link Problem}. */
export const api = {
  me: () => request("GET", "/api/v1/me") as Promise<Account>,
  login: (user: string, password: string) => request("POST", "/api/v1/login", { user, password }) as Promise<Account>,
  changePassword: (present: string, next: string) =>
    request("POST", "/api/v1/password", { present, next }) as Promise<Account>,
  evidenceKeys: () => request("GET", "/api/v1/evidence/keys") as Promise<EvidenceKeys>,
  logout: () => request("POST", "/api/v1/logout", {}),
  today: (gateway: string | null) =>
    request(
      "GET",
      `/api/v1/today${gateway === null ? "" : `?gateway=${encodeURIComponent(gateway)}`}`,
    ) as Promise<Today>,
  acknowledge: (id: string) =>
    request("POST", `/api/v1/alerts/${encodeURIComponent(id)}/acknowledge`, {}) as Promise<Acknowledged>,
};
