import { type ApiError, type ErrorCode, errorCatalogue } from "@mingcheng/protocols";

/** An error as the centre words it. */
export const errorOf = (code: ErrorCode, rest: Partial<ApiError["error"]> = {}): ApiError => {
  const { zh, en, next, retryable } = errorCatalogue[code];
  const none = { field: null, detail: null, retryAfterMs: null, reference: null };
  return { error: { code, zh, en, next, retryable, ...none, ...rest } };
};
