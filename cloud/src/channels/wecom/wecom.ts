import { MingchengError } from "@mingcheng/protocols";
import { z } from "zod";
import type { Channel, ChannelDefinition, ChannelPorts, Delivery } from "../channel.ts";
import { channelName } from "../channel-name.ts";
import { providerFields } from "../http/endpoint.ts";
import { post } from "../http/post.ts";
import { readProviderKey } from "../http/secret-file.ts";
import { retryAfterMs, unanswered } from "../http/unanswered.ts";
import { deliveryOf, notUnderstood } from "../sms/verdict.ts";
import { SendWindow } from "./send-window.ts";
import { wecomVerdict } from "./wecom-codes.ts";
import { wecomGroupMessage } from "./wecom-group-message.ts";
import { wecomMessage } from "./wecom-message.ts";

const settings = z.strictObject({
  type: z.literal("wecom").describe("企业微信群机器人：发到群里 / WeCom group robot: to a group chat."),
  name: channelName,
  keyFile: z
    .string()
    .min(1)
    .max(4096)
    .describe("存放机器人 key 或完整 Webhook 地址的文件 / file with the robot's key or its whole webhook address."),
  format: z
    .enum(["markdown", "text"])
    .default("markdown")
    .describe("消息格式；text 在微信插件中也能显示 / format; text is shown in the WeChat plug-in, too."),
  linkBase: z
    .url({ protocol: /^https$/, error: "以 https:// 开头的地址 / an address that begins with https://" })
    .max(256)
    .nullable()
    .default(null)
    .describe(
      "界面地址，例如 https://centre.example.org:8443；null 为不带链接 / address of the screens; null: no link.",
    ),
  mention: z
    .array(z.string().regex(/^[A-Za-z0-9_@.-]{1,64}$/, "成员 userid 或 @all / a user id, or @all"))
    .max(20)
    .default([])
    .describe(
      "预警发生时提醒的成员 userid，@all 为所有人 / user ids that are mentioned when an alert fires; @all: everybody.",
    ),
  ...providerFields,
});

type Settings = z.output<typeof settings>;

const answerSchema = z.looseObject({ errcode: z.int(), errmsg: z.string().default("") });
const answerBytes = 16 * 1024;
/** A robot may send 20 messages a minute: developer.work.weixin.qq.com/document/path/91770 */
const mostAMinute = 20;
const minuteMs = 60_000;
/** Together fewer than a robot may send in a minute. */
const singly = { alone: 10, withinMs: minuteMs, everyMs: 10_000 } as const;

const keyOf = (text: string, field: string): string => {
  const key = URL.canParse(text) ? new URL(text).searchParams.get("key") : text;
  if (key !== null && /^[A-Za-z0-9-]{16,64}$/u.test(key)) return key;
  throw new MingchengError(
    "CHANNEL_INVALID",
    "文件中既没有机器人 key，也没有 Webhook 地址 / the file holds neither a robot's key nor its webhook address",
    {
      field,
    },
  );
};

const parsed = (content: string): unknown => {
  try {
    return JSON.parse(content);
  } catch {
    return undefined;
  }
};

const open = async (own: Settings, ports: ChannelPorts): Promise<Channel> => {
  const key = keyOf(await readProviderKey(own.keyFile, "channels.keyFile"), "channels.keyFile");
  const url = new URL(`/cgi-bin/webhook/send?key=${key}`, own.endpoint ?? "https://qyapi.weixin.qq.com");
  const window = new SendWindow(mostAMinute, minuteMs);
  const headers = { "content-type": "application/json; charset=utf-8", "user-agent": "mingcheng-cloud" };
  return {
    name: own.name,
    reach: "room",
    gathers: singly,
    send: async ({ body, site, together }, signal): Promise<Delivery> => {
      const waitMs = window.take(ports.nowMs());
      if (waitMs > 0) {
        const held = {
          kind: "limit",
          zh: "每分钟 20 条已满，暂缓",
          en: "20 messages in a minute, held",
          retryAfterMs: waitMs,
        } as const;
        return deliveryOf("limit", held);
      }
      const text = JSON.stringify(
        together === undefined ? wecomMessage(body, own, site) : wecomGroupMessage(together, own),
      );
      const posted = await post({ url, headers, body: text, timeoutMs: own.timeoutMs, answerBytes, signal });
      if (posted.type === "no-answer") return unanswered(posted);
      const answer = answerSchema.safeParse(parsed(posted.content));
      if (!answer.success) return notUnderstood(posted.status, retryAfterMs(posted.retryAfter, ports.nowMs()));
      return deliveryOf(`errcode ${answer.data.errcode}`, wecomVerdict(answer.data.errcode));
    },
  };
};

/**
 * Posts to a WeCom group through its robot. At most 20 messages a minute leave; more are held, not tried. What devices and
 * people wrote is shown as plain text, so that it mentions and links nobody and nothing.
 */
export const wecomChannel = {
  type: "wecom",
  settings,
  open,
} as const satisfies ChannelDefinition<Settings>;
