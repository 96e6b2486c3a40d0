import type { Delivery } from "../channel.ts";
import { inWords } from "../in-words.ts";
import type { Posted } from "./post.ts";

/** What became of an attempt whose request got no answer. */
export const unanswered = ({
  reason,
  sent,
}: Extract<Posted, { readonly type: "no-answer" }>): Extract<Delivery, { readonly type: "failed" }> => ({
  type: "failed",
  outcome: inWords(reason),
  lost: sent,
});

/** How long a server asks to be left alone: seconds, or until a date (RFC 9110, 10.2.3). Undefined when it says neither. */
export const retryAfterMs = (text: string | undefined, nowMs: number): number | undefined => {
  if (text === undefined) return undefined;
  const ms = /^\d+$/u.test(text) ? Number(text) * 1_000 : Date.parse(text) - nowMs;
  return Number.isFinite(ms) && ms >= 0 ? ms : undefined;
};
