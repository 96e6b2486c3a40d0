import { randomUUID } from "node:crypto";
import { z } from "zod";
import type { Delivery } from "../channel.ts";
import { post } from "../http/post.ts";
import { retryAfterMs, unanswered } from "../http/unanswered.ts";
import { notUnderstood } from "../sms/verdict.ts";
import { type AccessKey, acs3Authorization, canonicalQuery, sha256Hex } from "./acs3-signature.ts";

/** How the API is reached. */
export interface AliyunAccess {
  readonly endpoint: URL;
  readonly key: AccessKey;
  readonly timeoutMs: number;
  /** Milliseconds since 1970. */
  nowMs(): number;
}

const detail = z.looseObject({
  SendStatus: z.coerce.number(),
  ErrCode: z.string().nullish(),
  OutId: z.string().nullish(),
  ReceiveDate: z.string().nullish(),
});

/** One message in the provider's records. `SendStatus`: 1 waits for its receipt, 2 not delivered, 3 delivered. */
export type SendDetail = z.output<typeof detail>;

const answer = z.looseObject({
  Code: z.string().min(1),
  Message: z
    .string()
    .nullish()
    .transform((text) => text ?? ""),
  BizId: z.string().nullish(),
  TotalCount: z.coerce.number().nullish(),
  SmsSendDetailDTOs: z.looseObject({ SmsSendDetailDTO: z.array(detail).max(1_000).nullish() }).nullish(),
});

/** What the API said, or what became of the attempt when it said nothing that can be understood. */
export type AliyunAnswer =
  | { readonly type: "said"; readonly said: z.output<typeof answer> }
  | { readonly type: "nothing"; readonly delivery: Extract<Delivery, { type: "failed" }> };

const version = "2017-05-25";
const answerBytes = 256 * 1024;
const emptyHash = sha256Hex("");

const parsed = (content: string): unknown => {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
};

/**
 * Makes one call of Aliyun's SMS service (dysmsapi, version 2017-05-25), parameters in the query, signed with
 * ACS3-HMAC-SHA256 under a nonce of its own. Never rejects.
 */
export const callAliyun = async (
  access: AliyunAccess,
  action: "SendSms" | "QuerySendDetails",
  parameters: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<AliyunAnswer> => {
  const { endpoint, key, timeoutMs } = access;
  const query = canonicalQuery(parameters);
  const headers: Record<string, string> = {
    host: endpoint.host,
    accept: "application/json",
    "user-agent": "mingcheng-cloud",
    "x-acs-action": action,
    "x-acs-version": version,
    "x-acs-date": `${new Date(access.nowMs()).toISOString().slice(0, 19)}Z`,
    "x-acs-signature-nonce": randomUUID(),
    "x-acs-content-sha256": emptyHash,
  };
  const authorization = acs3Authorization({ method: "POST", path: "/", query, headers, bodyHash: emptyHash }, key);
  const url = new URL(`/?${query}`, endpoint);
  const posted = await post({ url, headers: { ...headers, authorization }, body: "", timeoutMs, answerBytes, signal });
  if (posted.type === "no-answer") return { type: "nothing", delivery: unanswered(posted) };
  const said = answer.safeParse(parsed(posted.content));
  if (said.success) return { type: "said", said: said.data };
  return { type: "nothing", delivery: notUnderstood(posted.status, retryAfterMs(posted.retryAfter, access.nowMs())) };
};
