import { type ErrorCode, errorCatalogue } from "./catalogue.ts";
import type { ErrorEntry } from "./error-entry.ts";

/** What an error carries besides its code. */
export interface ErrorDetail {
  /** The input field that is wrong, as a dotted path, when there is one. */
  readonly field?: string;
  readonly cause?: unknown;
  /** Overrides the catalogue where one code covers passing and lasting faults. */
  readonly retryable?: boolean;
}

/**
 * The one error class of the project. `code` is stable and listed in the catalogue; `retryable` says whether the same
 * call can succeed later without anybody changing anything.
 */
export class MingchengError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly field: string | undefined;

  constructor(code: ErrorCode, message: string, detail: ErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.name = "MingchengError";
    this.code = code;
    this.retryable = detail.retryable ?? entryOf(code).retryable;
    this.field = detail.field;
  }
}

const entryOf = (code: ErrorCode): ErrorEntry => errorCatalogue[code];

/** True when `error` is ours and carries `code`. */
export const isCode = (error: unknown, code: ErrorCode): error is MingchengError =>
  error instanceof MingchengError && error.code === code;

/** Some messages hold both languages as `中文 / English`; the others are the same in both. */
const inLanguage = (message: string, language: "zh" | "en"): string => {
  const [, zh, en] = /^(.*\p{Script=Han}.*?) \/ (.+)$/su.exec(message) ?? [];
  return (language === "zh" ? zh : en) ?? message;
};

/**
 * The sentence shown to a person: what happened, then what to do next, in the asked language.
 * Foreign errors are shown by their message alone.
 */
export const explain = (error: unknown, language: "zh" | "en"): string => {
  if (!(error instanceof MingchengError)) return error instanceof Error ? error.message : String(error);
  const item = entryOf(error.code);
  const field =
    error.field === undefined ? "" : language === "zh" ? `（字段 ${error.field}）` : ` (field ${error.field})`;
  const message = inLanguage(error.message, language);
  return language === "zh"
    ? `${item.zh}${field}：${message}。下一步：${item.next.zh}。[${error.code}]`
    : `${item.en}${field}: ${message}. Next: ${item.next.en}. [${error.code}]`;
};
