import { type ApiError, type ErrorCode, errorCatalogue, MingchengError } from "@mingcheng/protocols";

/** An answer in JSON, or a refusal. */
export interface JsonAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const statusOf: Partial<Readonly<Record<ErrorCode, number>>> = {
  REQUEST_REFUSED: 403,
  NOT_FOUND: 404,
  SETUP_CODE_INVALID: 401,
  SETUP_SESSION_MISSING: 401,
  SETUP_LOCKED: 429,
  RATE_LIMITED: 429,
  INPUT_INVALID: 422,
  CONFIG_INVALID: 422,
  SETUP_DEVICES_REMOTE: 409,
  DETECT_BUSY: 409,
  SETUP_FILE_UNWRITABLE: 507,
  MEDIA_OFF: 503,
};

/** A refusal in the words of the catalogue. */
export const refusal = (
  code: ErrorCode,
  more: {
    readonly field?: string;
    readonly detail?: string;
    readonly retryAfterMs?: number;
    readonly status?: number;
  } = {},
): JsonAnswer => {
  const { zh, en, next, retryable } = errorCatalogue[code];
  const { field = null, detail = null, retryAfterMs = null } = more;
  const body: ApiError = { error: { code, zh, en, next, field, detail, retryable, retryAfterMs, reference: null } };
  const wait = retryAfterMs === null ? {} : { headers: { "retry-after": String(Math.ceil(retryAfterMs / 1000)) } };
  return { status: more.status ?? statusOf[code] ?? 500, body, ...wait };
};

/** What a failed request is answered; undefined where the fault is ours and belongs into the log. */
export const refusalOf = (error: unknown): JsonAnswer | undefined =>
  error instanceof MingchengError
    ? refusal(error.code, { detail: error.message, ...(error.field === undefined ? {} : { field: error.field }) })
    : undefined;
