import { type ErrorCode, errorCatalogue } from "@mingcheng/protocols";
import type { IntakeRefused, IntakeTaken, MessageNote } from "@mingcheng/protocols/intake";

/** An answer with its HTTP status. Over MQTT the answer's body alone is published. */
export interface DeskAnswer {
  readonly status: number;
  readonly body: IntakeTaken | IntakeRefused;
  /** The message is on disk, as a record or in quarantine: it need not be sent again. */
  readonly settled: boolean;
  /** So long should be waited before it is sent again. */
  readonly retryAfterMs?: number;
}

const maxFields = 20;

const statusOf: Partial<Readonly<Record<ErrorCode, number>>> = {
  INTAKE_INVALID: 422,
  INTAKE_ID_REUSED: 409,
  INTAKE_TOO_LARGE: 413,
  INTAKE_UNAUTHORIZED: 401,
  INTAKE_LOCKED: 429,
  RATE_LIMITED: 429,
  ACCESS_DENIED: 403,
  NOT_FOUND: 404,
  REQUEST_REFUSED: 405,
  GATEWAY_FAULT: 500,
};

/** A refusal with the reason in both languages. What is not in the list of statuses passes: 503. */
export const refusal = (
  code: ErrorCode,
  more: {
    readonly id?: string | null;
    readonly fields?: readonly MessageNote[];
    readonly settled?: boolean;
    readonly retryAfterMs?: number;
  } = {},
): DeskAnswer => {
  const { zh, en, next, retryable } = errorCatalogue[code];
  const fields = (more.fields ?? []).slice(0, maxFields);
  return {
    status: statusOf[code] ?? 503,
    body: { id: more.id ?? null, result: "refused", error: { code, zh, en, next, retryable, fields: [...fields] } },
    settled: more.settled ?? false,
    ...(more.retryAfterMs === undefined ? {} : { retryAfterMs: more.retryAfterMs }),
  };
};
