import type { Delivery } from "../channel.ts";

/**
 * What a provider's answer means for a message: it has it; a limit was met, wait; the provider cannot now, try again; it
 * may have gone out or not; the account or its settings need somebody's hand; this number or this text never goes.
 */
export type VerdictKind = "accepted" | "limit" | "busy" | "unclear" | "setup" | "refused";

/** A code of a provider, in words. */
export interface Verdict {
  readonly kind: VerdictKind;
  readonly zh: string;
  readonly en: string;
  /** How long to leave the provider alone; with `limit` and `setup` there is always one. */
  readonly retryAfterMs?: number;
}

/** What is said of an attempt that the provider's records show as sent before. */
export const wentThrough = "先前已提交，未重发 / it had gone through before, nothing was sent again";

/** While the records cannot be asked nothing may be sent: it could be a second message. `why`: what asking came to. */
export const notAsked = (call: string, why: string): Extract<Delivery, { readonly type: "failed" }> => ({
  ...{ type: "failed", lost: false },
  outcome: `${call} ${why.split("：")[0] ?? ""}：暂时无法查询先前是否已提交，未重发 / it cannot be asked now whether it had gone through, nothing was sent`,
});

const second = 1_000;
const minute = 60 * second;

/** How long to wait after a limit without a time of its own. */
const limitMs = minute;
/** Somebody has to act first; ten minutes later it may be done, and the message goes out by itself. */
const setupMs = 10 * minute;

/** The verdict on a code that is met in the field but in no list. */
export const unlisted = (kind: VerdictKind): Verdict => ({
  kind,
  zh: "未收录的返回码",
  en: "a code that is not listed",
});

/** What became of an attempt, from the provider's code and what it means. */
export const deliveryOf = (code: string, { kind, zh, en, retryAfterMs }: Verdict, receiptId?: string): Delivery => {
  const outcome = `${code.slice(0, 80)}：${zh} / ${en}`;
  switch (kind) {
    case "accepted":
      return { type: "sent", outcome, ...(receiptId === undefined ? {} : { receiptId }) };
    case "refused":
      return { type: "refused", outcome };
    case "limit":
      return { type: "failed", outcome, lost: false, retryAfterMs: retryAfterMs ?? limitMs };
    case "setup":
      return { type: "failed", outcome, lost: false, retryAfterMs: retryAfterMs ?? setupMs };
    case "busy":
    case "unclear": {
      const lost = kind === "unclear";
      return { type: "failed", outcome, lost, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
    }
  }
};

/** What providers say in common, once for all. */
export const commonVerdicts = {
  noRecipient: { kind: "refused", zh: "没有收件人", en: "there is no recipient" },
  notMobile: { kind: "refused", zh: "不是中国大陆手机号", en: "not a mobile number of mainland China" },
  noNumber: { kind: "refused", zh: "不是可发送的手机号", en: "not a number that messages can be sent to" },
  nonsense: { kind: "unclear", zh: "答复无法理解", en: "the answer cannot be understood" },
  unavailable: { kind: "unclear", zh: "服务不可用", en: "the service is not available" },
  // RFC 9110, 15.6.4: it is not able to handle the request, so it has not.
  away: { kind: "busy", zh: "服务暂停", en: "the service is away for now" },
  // RFC 9110, 15.4 and 15.5, RFC 6585, 4: nothing was done with the request.
  barred: { kind: "busy", zh: "请求被重定向或拦截，未到达服务", en: "redirected or barred on the way to the service" },
  throttled: { kind: "limit", zh: "请求过多", en: "too many requests" },
} as const satisfies Readonly<Record<string, Verdict>>;

/** The verdict on an answer that is not the provider's own: by its HTTP status alone. */
const unreadable = (status: number): Verdict => {
  if (status === 503) return commonVerdicts.away;
  if (status === 429) return commonVerdicts.throttled;
  if (status >= 500) return commonVerdicts.unavailable;
  return status >= 300 ? commonVerdicts.barred : commonVerdicts.nonsense;
};

/** What became of an attempt whose answer is not the provider's own: by its HTTP status alone. */
export const notUnderstood = (
  status: number,
  retryAfterMs?: number,
): Extract<Delivery, { readonly type: "failed" }> => {
  const verdict = unreadable(status);
  const patience = retryAfterMs === undefined || verdict.kind === "unclear" ? {} : { retryAfterMs };
  const delivery = deliveryOf(`HTTP ${status}`, { ...verdict, ...patience });
  return delivery.type === "failed" ? delivery : { type: "failed", outcome: delivery.outcome, lost: true };
};
