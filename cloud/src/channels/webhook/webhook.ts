import { MingchengError } from "@mingcheng/protocols";
import { z } from "zod";
import type { Channel, ChannelDefinition, ChannelPorts, Delivery } from "../channel.ts";
import { aboutChannel, channelName } from "../channel-name.ts";
import { isLoopback } from "../http/endpoint.ts";
import { type Posted, post } from "../http/post.ts";
import { readChannelFile } from "../http/secret-file.ts";
import { retryAfterMs, unanswered } from "../http/unanswered.ts";
import { secretKey, webhookSignature } from "./signature.ts";

const settings = z.strictObject({
  type: z.literal("webhook").describe("向一个 HTTPS 地址发送预警 / alerts are posted to an HTTPS address."),
  name: channelName,
  url: z
    .url({ protocol: /^https?$/, error: "以 https:// 开头的地址 / an address that begins with https://" })
    .max(2048),
  /** File with the signing secret: text, or base64 behind `whsec_`; at least 16 bytes. */
  secretFile: z.string().min(1).max(4096),
  /** PEM file of certificates that are trusted instead of the system's. */
  caFile: z.string().min(1).max(4096).optional(),
  timeoutMs: z.int().min(100).max(60_000).default(10_000),
});

const leastSecretBytes = 16;

/** The receiver has read it and does not want it: that will not change. RFC 9110, 15.5. */
const unwanted: ReadonlySet<number> = new Set([400, 410, 413, 415, 422]);
/** An address that is wrong or away for now, a proxy in between: somebody mends it, and the message is still there. */
const mendedAgainMs = 60_000;

const wordsOf = (status: number): string => {
  if (status < 400) return "：被重定向，不跟随 / redirected, which is not followed";
  if (status === 401 || status === 403 || status === 407) return "：没有权限 / not permitted";
  return "：该地址没有接收方 / nobody receives at this address";
};

/** 2xx: it has it. What it does not want is final, everything else can pass, as Standard Webhooks has it. */
const deliveryOf = (posted: Posted, nowMs: number): Delivery => {
  if (posted.type === "no-answer") return unanswered(posted);
  const { status } = posted;
  const outcome = `HTTP ${status}`;
  if (status >= 200 && status < 300) return { type: "sent", outcome };
  if (unwanted.has(status)) return { type: "refused", outcome };
  const after = retryAfterMs(posted.retryAfter, nowMs);
  const isAway = status >= 500 || status === 408 || status === 425 || status === 429;
  if (isAway) return { type: "failed", outcome, lost: false, ...(after === undefined ? {} : { retryAfterMs: after }) };
  return { type: "failed", outcome: `${outcome}${wordsOf(status)}`, lost: false, retryAfterMs: after ?? mendedAgainMs };
};

/**
 * Posts notifications as JSON, signed after the Standard Webhooks convention (headers `webhook-id`, `webhook-timestamp`,
 * `webhook-signature`). TLS only, except on loopback. `webhook-id` stays the same over all attempts; `mingcheng-attempt`
 * above 1 says that the receiver may have it already.
 */
export const webhookChannel = {
  type: "webhook",
  settings,
  open: async (own: z.output<typeof settings>, ports: ChannelPorts): Promise<Channel> => {
    const { name, secretFile, caFile, timeoutMs } = own;
    const url = new URL(own.url);
    if (url.protocol !== "https:" && !isLoopback(url.hostname)) {
      throw new MingchengError(
        "CHANNEL_INVALID",
        aboutChannel(name, `${url.origin} 不是 https / ${url.origin} is not https`),
        { field: "channels.url" },
      );
    }
    const key = secretKey(await readChannelFile(secretFile, "channels.secretFile"));
    if (key.length < leastSecretBytes) {
      const zh = `密钥只有 ${key.length} 字节，至少需要 ${leastSecretBytes} 字节`;
      const en = `the secret has ${key.length} bytes, at least ${leastSecretBytes} are needed`;
      const message = aboutChannel(name, `${zh} / ${en}`);
      throw new MingchengError("CHANNEL_INVALID", message, { field: "channels.secretFile" });
    }
    const ca = caFile === undefined ? undefined : await readChannelFile(caFile, "channels.caFile");
    return {
      name,
      reach: "room",
      send: async ({ body: { id }, json, attempt }, signal) => {
        const timestamp = Math.floor(ports.nowMs() / 1000);
        const headers = {
          "content-type": "application/json; charset=utf-8",
          "user-agent": "mingcheng-cloud",
          "webhook-id": id,
          "webhook-timestamp": String(timestamp),
          "webhook-signature": webhookSignature(key, { id, timestamp, body: json }),
          "mingcheng-attempt": String(attempt),
        };
        return deliveryOf(await post({ url, headers, body: json, timeoutMs, ca, signal }), ports.nowMs());
      },
    };
  },
} as const satisfies ChannelDefinition<z.output<typeof settings>>;
