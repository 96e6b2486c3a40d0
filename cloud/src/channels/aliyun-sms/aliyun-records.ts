import type { AwaitedReceipt, Delivery, Outgoing } from "../channel.ts";
import { beijingDay, beijingTimeMs } from "../sms/beijing-time.ts";
import { mainlandNumber } from "../sms/phone.ts";
import type { Asked } from "../sms/receipt-polling.ts";
import { notAsked, wentThrough } from "../sms/verdict.ts";
import { type AliyunAccess, callAliyun, type SendDetail } from "./aliyun-api.ts";
import { aliyunVerdict, receiptOutcome } from "./aliyun-codes.ts";

const pageSize = 50;
const mostPages = 4;

/** All that was sent to a number on a day, as far as the provider shows it, or why it cannot be asked. */
const sentOn = async (
  access: AliyunAccess,
  { phone, day, bizId }: { readonly phone: string; readonly day: string; readonly bizId?: string },
  signal: AbortSignal,
): Promise<SendDetail[] | { readonly unavailable: string }> => {
  const details: SendDetail[] = [];
  for (let page = 1; page <= mostPages; page++) {
    const parameters = {
      ...{ PhoneNumber: phone, SendDate: day, PageSize: String(pageSize), CurrentPage: String(page) },
      ...(bizId === undefined ? {} : { BizId: bizId }),
    };
    const answer = await callAliyun(access, "QuerySendDetails", parameters, signal);
    if (answer.type === "nothing") return { unavailable: answer.delivery.outcome };
    const { Code, Message } = answer.said;
    // What Aliyun refuses to answer about one message says nothing about the next.
    if (Code !== "OK") return aliyunVerdict(Code, Message).kind === "refused" ? details : { unavailable: Code };
    details.push(...(answer.said.SmsSendDetailDTOs?.SmsSendDetailDTO ?? []));
    if ((answer.said.TotalCount ?? 0) <= page * pageSize) break;
  }
  return details;
};

const dayMs = 24 * 3_600_000;
/** A message sent around midnight may stand under either day, since clocks differ a little. */
const clockShiftsMs = [0, 120_000, -120_000];

/** Receipts of messages whose answer was lost are known by the notification's id, which is their `OutId`. */
const outIdPrefix = "out:";

/** Asks for the receipt of one message; `pending` while the provider shows none. */
export const askReceipt =
  (access: AliyunAccess) =>
  async ({ receiptId, phone, sentMs }: AwaitedReceipt, turn: number, signal: AbortSignal): Promise<Asked> => {
    const number = mainlandNumber(phone);
    if (number === undefined) return "pending";
    const day = beijingDay(sentMs + (clockShiftsMs[turn % clockShiftsMs.length] ?? 0));
    const outId = receiptId.startsWith(outIdPrefix) ? receiptId.slice(outIdPrefix.length) : undefined;
    const which = outId === undefined ? { phone: number, day, bizId: receiptId } : { phone: number, day };
    const details = await sentOn(access, which, signal);
    if ("unavailable" in details) return details;
    const done = details.find(
      ({ SendStatus, OutId }) => (SendStatus === 2 || SendStatus === 3) && (outId === undefined || OutId === outId),
    );
    if (done === undefined) return "pending";
    const delivered = done.SendStatus === 3;
    return {
      receiptId,
      state: delivered ? "delivered" : "undelivered",
      outcome: receiptOutcome(done.ErrCode ?? "", delivered),
      atMs: beijingTimeMs(done.ReceiveDate ?? "") ?? access.nowMs(),
    };
  };

/**
 * When an earlier attempt may have gone through, the provider's records tell: they keep the notification's id as `OutId`.
 * Undefined when they show nothing of it. While they cannot be asked nothing may be sent: it could be a second message.
 */
export const earlierAttempt = async (
  access: AliyunAccess,
  { phone, outgoing }: { readonly phone: string; readonly outgoing: Outgoing },
  signal: AbortSignal,
): Promise<Delivery | undefined> => {
  const days = new Set([beijingDay(access.nowMs()), beijingDay(access.nowMs() - dayMs)]);
  for (const day of days) {
    const details = await sentOn(access, { phone, day }, signal);
    if ("unavailable" in details) return notAsked("QuerySendDetails", details.unavailable);
    if (details.every(({ OutId }) => OutId !== outgoing.body.id)) continue;
    return { type: "sent", outcome: wentThrough, receiptId: `${outIdPrefix}${outgoing.body.id}` };
  }
  return undefined;
};
