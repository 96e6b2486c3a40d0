import type { AwaitedReceipt, Delivery, Outgoing } from "../channel.ts";
import { mainlandNumber } from "../sms/phone.ts";
import type { Asked } from "../sms/receipt-polling.ts";
import { notAsked, wentThrough } from "../sms/verdict.ts";
import { callTencent, type TencentAccess, type TencentAnswer } from "./tencent-api.ts";
import { tencentVerdict } from "./tencent-codes.ts";

const mostPulled = 100;
/** Clocks differ a little; what was sent shortly before the given time is asked for, too. */
const earlierSeconds = 300;

/** All that is known of what was sent to a number from a time on, or why it cannot be asked. */
const sentSince = async (
  access: TencentAccess,
  { appId, phone, sinceMs }: { readonly appId: string; readonly phone: string; readonly sinceMs: number },
  signal: AbortSignal,
): Promise<TencentAnswer> =>
  callTencent(
    access,
    "PullSmsSendStatusByPhoneNumber",
    {
      // Version 2019-07-11 called it SendDateTime.
      BeginTime: Math.floor(sinceMs / 1_000) - earlierSeconds,
      ...{ Offset: 0, Limit: mostPulled, PhoneNumber: `+86${phone}`, SmsSdkAppId: appId },
    },
    signal,
  );

/** Asks for the receipt of one message; `pending` while the provider shows none. */
export const askReceipt =
  (access: TencentAccess, appId: string) =>
  async ({ receiptId, phone, sentMs }: AwaitedReceipt, _turn: number, signal: AbortSignal): Promise<Asked> => {
    const number = mainlandNumber(phone);
    if (number === undefined) return "pending";
    const answer = await sentSince(access, { appId, phone: number, sinceMs: sentMs }, signal);
    if (answer.type === "nothing") return { unavailable: answer.delivery.outcome };
    const code = answer.said.Error?.Code;
    // What Tencent refuses to answer about one message says nothing about the next.
    if (code !== undefined) return tencentVerdict(code).kind === "refused" ? "pending" : { unavailable: code };
    const found = answer.said.PullSmsSendStatusSet.find(({ SerialNo }) => SerialNo === receiptId);
    if (found === undefined || (found.ReportStatus !== "SUCCESS" && found.ReportStatus !== "FAIL")) return "pending";
    const delivered = found.ReportStatus === "SUCCESS";
    const words = delivered ? "已送达 / delivered" : "未送达 / not delivered";
    return {
      receiptId,
      state: delivered ? "delivered" : "undelivered",
      outcome: found.Description === "" ? words : `${found.Description.slice(0, 120)}：${words}`,
      atMs: typeof found.UserReceiveTime === "number" ? found.UserReceiveTime * 1_000 : access.nowMs(),
    };
  };

const dayMs = 24 * 3_600_000;

/**
 * When an earlier attempt may have gone through: the one further attempt is made only while Tencent answers, so that an
 * outage does not use it up. Undefined when it may be sent. Its records show what was asked for only once there is a receipt,
 * and with our reference only where Tencent has activated that (SessionContext): they are believed when they do.
 */
export const earlierAttempt = async (
  access: TencentAccess,
  { appId, phone, outgoing }: { readonly appId: string; readonly phone: string; readonly outgoing: Outgoing },
  signal: AbortSignal,
): Promise<Delivery | undefined> => {
  const answer = await sentSince(access, { appId, phone, sinceMs: access.nowMs() - dayMs }, signal);
  if (answer.type === "nothing") return notAsked("PullSmsSendStatusByPhoneNumber", answer.delivery.outcome);
  const found = answer.said.PullSmsSendStatusSet.find(({ SessionContext }) => SessionContext === outgoing.body.id);
  if (found === undefined) return undefined;
  return { type: "sent", outcome: wentThrough, receiptId: found.SerialNo };
};
