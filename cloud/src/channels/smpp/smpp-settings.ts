import { z } from "zod";
import { channelName } from "../channel-name.ts";
import { isLoopback } from "../http/endpoint.ts";
import { ownSignature, signatureFault } from "../sms/own-text.ts";
import { messageIdForms } from "./message-id.ts";

const milliseconds = (least: number, most: number, usual: number) => z.int().min(least).max(most).default(usual);

const base = z.strictObject({
  type: z.literal("smpp").describe("SMPP 3.4 短信中心直连 / an SMS centre by SMPP 3.4."),
  name: channelName,
  host: z
    .string()
    .regex(/^[A-Za-z0-9._:-]{1,253}$/, "主机名或地址 / a host name or an address")
    .describe("短信中心地址 / host name or address of the SMS centre."),
  port: z.int().min(1).max(65_535).describe("端口 / port."),
  tls: z.boolean().default(true).describe("使用 TLS / whether it is spoken to over TLS."),
  caFile: z
    .string()
    .min(1)
    .max(4096)
    .optional()
    .describe(
      "信任的 CA 证书（PEM），代替系统证书 / PEM file of authorities that are trusted instead of the system's.",
    ),
  insecureTransport: z
    .boolean()
    .default(false)
    .describe(
      "允许不加密的连接，仅用于专线或 VPN / a connection without TLS to another machine is wanted: on a leased line or VPN.",
    ),
  systemId: z
    .string()
    .regex(/^[\x21-\x7e]{1,15}$/, "1 至 15 个可见字符 / 1 to 15 printable characters")
    .describe("账号 system_id / account (system_id)."),
  passwordFile: z.string().min(1).max(4096).describe("存放密码的文件 / file with the password."),
  systemType: z
    .string()
    .regex(/^[\x21-\x7e]{0,12}$/, "最多 12 个可见字符 / at most 12 printable characters")
    .default("")
    .describe("system_type，由运营商给出 / system_type, if the network wants one."),
  source: z
    .string()
    .regex(/^[A-Za-z0-9]{1,20}$/, "1 至 20 个字母或数字 / 1 to 20 letters or digits")
    .describe("发送号码（接入号），回复发到这里 / number that messages come from and replies go to."),
  sourceTon: z.int().min(0).max(6).default(0).describe("发送号码 TON / its type of number."),
  sourceNpi: z.int().min(0).max(18).default(1).describe("发送号码 NPI / its numbering plan."),
  numberForm: z
    .enum(["international", "national"])
    .default("international")
    .describe("接收号码写法：8613900001234 或 13900001234 / how receivers are written: with or without the country."),
  destinationTon: z
    .int()
    .min(0)
    .max(6)
    .optional()
    .describe("接收号码 TON，缺省随写法为 1 或 2 / type of number of receivers; left out: 1 or 2, by the form."),
  country: z
    .string()
    .regex(/^\+[1-9]\d{0,2}$/, '+ 和国家码，如 "+86" / + and the code of a country, e.g. "+86"')
    .default("+86")
    .describe("登记号码没有国家码时的国家码 / country of numbers without one."),
  signName: ownSignature
    .optional()
    .describe("放在正文前的【签名】；运营商自动加签名时不填 / signature in front; left out where the network adds it."),
  concatenate: z
    .boolean()
    .default(false)
    .describe("允许长短信 / whether a message may be longer than one segment of 70 characters."),
  receipts: z.boolean().default(true).describe("索取送达回执 / whether delivery receipts are asked for."),
  messageIds: z
    .enum(messageIdForms)
    .default("as-is")
    .describe("回执与应答中消息编号的进制 / how ids in receipts differ from those in answers."),
  window: z.int().min(1).max(100).default(10).describe("未应答的提交最多几条 / submissions without answer at a time."),
  enquireLinkMs: milliseconds(100, 600_000, 30_000).describe("心跳间隔，毫秒 / between enquiries, milliseconds."),
  timeoutMs: milliseconds(100, 60_000, 10_000).describe("每次请求的时限，毫秒 / limit of a request, milliseconds."),
});

/** Settings of an SMS centre. */
export type SmppSettings = z.output<typeof base>;

/** What is wrong with settings that are each good by themselves; the field and why. */
export const settingsFault = (
  own: SmppSettings,
): { readonly field: keyof SmppSettings; readonly message: string } | undefined => {
  if (!own.tls && !own.insecureTransport && !isLoopback(own.host === "::1" ? "[::1]" : own.host)) {
    return {
      field: "tls",
      message:
        "不加密只能连接本机；专线或 VPN 请设置 insecureTransport: true / without TLS only this machine is spoken to, or set insecureTransport: true",
    };
  }
  if (!own.tls && own.caFile !== undefined)
    return { field: "caFile", message: "不加密时没有用处 / has no use without TLS" };
  const message = signatureFault(own);
  return message === undefined ? undefined : { field: "signName", message };
};

export const smppSettings = base.superRefine((own, context) => {
  const fault = settingsFault(own);
  if (fault !== undefined) context.addIssue({ code: "custom", path: [fault.field], message: fault.message });
});
