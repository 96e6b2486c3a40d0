import { type ApiError, type ErrorCode, errorCatalogue, MingchengError } from "@mingcheng/protocols";

/** HTTP status of the errors a client can cause or meet; everything else is a fault of the centre. */
const statusOf: Partial<Record<ErrorCode, number>> = {
  INPUT_INVALID: 400,
  USER_INVALID: 400,
  USER_EXISTS: 409,
  USER_UNKNOWN: 404,
  LOGIN_REFUSED: 401,
  LOGIN_LOCKED: 429,
  SESSION_MISSING: 401,
  ACCESS_DENIED: 403,
  ALERT_OVER: 409,
  PASSWORD_CHANGE_REQUIRED: 403,
  REQUEST_REFUSED: 403,
  NOT_FOUND: 404,
  RATE_LIMITED: 429,
  LEDGER_UNAVAILABLE: 503,
  MEDIA_OFF: 404,
  VIEWING_OFF: 403,
};

/** An error on its way to the client, with what the catalogue does not know. */
export class ApiFailure extends MingchengError {
  readonly retryAfterMs: number | null;

  constructor(
    code: ErrorCode,
    message: string,
    detail: { readonly field?: string; readonly retryAfterMs?: number | null; readonly cause?: unknown } = {},
  ) {
    super(code, message, detail);
    this.retryAfterMs = detail.retryAfterMs ?? null;
  }
}

/** What a client is told of an error. */
export interface FailureAnswer {
  readonly status: number;
  readonly body: ApiError;
  /** Set when the error is the centre's own: to be logged under `reference`. */
  readonly fault: boolean;
}

const bodyOf = (error: MingchengError, reference: string | null): ApiError => {
  const { zh, en, next } = errorCatalogue[error.code];
  const retryAfterMs = error instanceof ApiFailure ? error.retryAfterMs : null;
  return {
    error: {
      ...{ code: error.code, zh, en, next, field: error.field ?? null },
      ...{ detail: reference === null && error.message !== "" ? error.message : null },
      ...{ retryable: error.retryable, retryAfterMs, reference },
    },
  };
};

/** A refusal by the HTTP server itself, as one of our codes; undefined when the error is none. */
const httpRefusal = (error: unknown): MingchengError | undefined => {
  const status = error instanceof Error && "statusCode" in error ? error.statusCode : undefined;
  if (typeof status !== "number" || status < 400 || status >= 500 || !(error instanceof Error)) return undefined;
  return new ApiFailure("INPUT_INVALID", error.message, { field: "body", cause: error });
};

/**
 * Turns any error into an answer. A client learns nothing of the inside of a fault: it gets a reference that stands in
 * the log beside the details.
 */
export const failureAnswer = (error: unknown, reference: string): FailureAnswer => {
  const known = error instanceof MingchengError ? error : httpRefusal(error);
  const status = known === undefined ? undefined : statusOf[known.code];
  if (known !== undefined && status !== undefined) return { status, body: bodyOf(known, null), fault: false };
  return { status: 500, body: bodyOf(new MingchengError("CENTRE_FAULT", ""), reference), fault: true };
};
