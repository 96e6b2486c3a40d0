import { z } from "zod";
import type { Delivery } from "../channel.ts";
import { post } from "../http/post.ts";
import { deliveryOf, unreadable } from "../sms/verdict.ts";
import { type SecretKey, tc3Authorization } from "./tc3-signature.ts";

/** How the API is reached. */
export interface TencentAccess {
  readonly endpoint: URL;
  readonly key: SecretKey;
  readonly region: string;
  readonly timeoutMs: number;
  /** Milliseconds since 1970. */
  nowMs(): number;
}

const sendStatus = z.looseObject({
  Code: z.string().min(1),
  Message: z.string().default(""),
  SerialNo: z.string().default(""),
});

const receipt = z.looseObject({
  SerialNo: z.string().optional(),
  ReportStatus: z.string().optional(),
  Description: z.string().default(""),
  UserReceiveTime: z.number().optional(),
});

const reply = z.looseObject({
  PhoneNumber: z.string().max(32),
  ReplyContent: z.string().max(2_000),
  ReplyTime: z.number(),
});

/** A text message that came in. `ReplyTime` in seconds since 1970. */
export type TencentReply = z.output<typeof reply>;

const response = z.looseObject({
  Error: z.looseObject({ Code: z.string().min(1), Message: z.string().default("") }).optional(),
  SendStatusSet: z.array(sendStatus).max(200).optional(),
  PullSmsSendStatusSet: z.array(receipt).max(200).optional(),
  PullSmsReplyStatusSet: z.array(reply).max(200).optional(),
});

/** What the API said, or what became of the attempt when it said nothing that can be understood. */
export type TencentAnswer =
  | { readonly type: "said"; readonly said: z.output<typeof response> }
  | { readonly type: "nothing"; readonly delivery: Delivery };

const answerBytes = 256 * 1024;
const contentType = "application/json";

const parsed = (content: string): unknown => {
  try {
    return (JSON.parse(content) as { readonly Response?: unknown } | null)?.Response;
  } catch {
    return undefined;
  }
};

/** Makes one call of Tencent's SMS service (version 2021-01-11), signed with TC3-HMAC-SHA256. Never rejects. */
export const callTencent = async (
  access: TencentAccess,
  action: "SendSms" | "PullSmsSendStatusByPhoneNumber" | "PullSmsReplyStatus",
  parameters: Readonly<Record<string, unknown>>,
  signal: AbortSignal,
): Promise<TencentAnswer> => {
  const { endpoint, key, region, timeoutMs } = access;
  const body = JSON.stringify(parameters);
  const timestamp = Math.floor(access.nowMs() / 1_000);
  const { host } = endpoint;
  const headers = {
    host,
    "content-type": contentType,
    "user-agent": "mingcheng-cloud",
    "x-tc-action": action,
    "x-tc-version": "2021-01-11",
    "x-tc-region": region,
    "x-tc-timestamp": String(timestamp),
    authorization: tc3Authorization({ service: "sms", host, contentType, body, timestamp }, key),
  };
  const posted = await post({ url: endpoint, headers, body, timeoutMs, answerBytes, signal });
  if (posted.type === "no-answer") {
    return { type: "nothing", delivery: { type: "failed", outcome: posted.reason, lost: posted.sent } };
  }
  const said = response.safeParse(parsed(posted.content));
  if (said.success) return { type: "said", said: said.data };
  const verdict = unreadable(posted.status);
  return { type: "nothing", delivery: deliveryOf(`HTTP ${posted.status}`, verdict) };
};
