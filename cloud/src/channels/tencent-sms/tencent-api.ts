import { z } from "zod";
import type { Delivery } from "../channel.ts";
import { post } from "../http/post.ts";
import { retryAfterMs, unanswered } from "../http/unanswered.ts";
import { notUnderstood } from "../sms/verdict.ts";
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

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? "");

const sendStatus = z.looseObject({ Code: z.string().min(1), SerialNo: text });

const receipt = z.looseObject({
  ...{ SerialNo: text, ReportStatus: text, Description: text, SessionContext: text },
  UserReceiveTime: z.number().nullish(),
});

const mostReplyChars = 2_000;

const reply = z.looseObject({
  PhoneNumber: z.string().max(32),
  // Replies are handed out once: what is too long to be one is cut, not lost.
  ReplyContent: z.string().transform((said) => said.slice(0, mostReplyChars)),
  ReplyTime: z.coerce.number(),
});

/** A text message that came in. `ReplyTime` in seconds since 1970. */
export type TencentReply = z.output<typeof reply>;

/** A list whose unreadable entries are left out: they say nothing of the others. Tencent writes an empty one as null, too. */
const listOf = <Entry extends z.ZodType>(entry: Entry) =>
  z
    .array(z.unknown())
    .max(200)
    .nullish()
    .transform((entries) =>
      (entries ?? []).flatMap((one) => {
        const { success, data } = entry.safeParse(one);
        return success ? [data as z.output<Entry>] : [];
      }),
    );

const response = z.looseObject({
  Error: z.looseObject({ Code: z.string().min(1) }).nullish(),
  SendStatusSet: listOf(sendStatus),
  PullSmsSendStatusSet: listOf(receipt),
  PullSmsReplyStatusSet: listOf(reply),
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
  if (posted.type === "no-answer") return { type: "nothing", delivery: unanswered(posted) };
  const said = response.safeParse(parsed(posted.content));
  if (said.success) return { type: "said", said: said.data };
  return { type: "nothing", delivery: notUnderstood(posted.status, retryAfterMs(posted.retryAfter, access.nowMs())) };
};
