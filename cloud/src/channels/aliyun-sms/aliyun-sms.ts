import { z } from "zod";
import type { Channel, ChannelDefinition, ChannelPorts, Delivery, Outgoing } from "../channel.ts";
import { channelName } from "../channel-name.ts";
import { providerFields } from "../http/endpoint.ts";
import { readProviderKey } from "../http/secret-file.ts";
import { type MessageTemplate, messageTemplates } from "../message.ts";
import {
  messageNames,
  refuseFaults,
  reportFaults,
  signatureSchema,
  templateFaults,
  templatesSchema,
} from "../sms/approved-templates.ts";
import { partsOf, sentChars, type TextPart } from "../sms/approved-text.ts";
import { mainlandNumber } from "../sms/phone.ts";
import { ReceiptPolling } from "../sms/receipt-polling.ts";
import { variableValue } from "../sms/variable-value.ts";
import { commonVerdicts, deliveryOf } from "../sms/verdict.ts";
import { type AliyunAccess, callAliyun } from "./aliyun-api.ts";
import { aliyunVerdict } from "./aliyun-codes.ts";
import { askReceipt, earlierAttempt } from "./aliyun-records.ts";

const base = z.strictObject({
  type: z.literal("aliyun-sms").describe("阿里云短信：发给值守人员的手机 / Aliyun SMS: to the officers' telephones."),
  name: channelName,
  accessKeyId: z
    .string()
    .regex(/^[A-Za-z0-9]{16,128}$/, "16 至 128 个字母或数字 / 16 to 128 letters or digits")
    .describe("RAM 用户的 AccessKey ID / access key id of a RAM user."),
  accessKeySecretFile: z
    .string()
    .min(1)
    .max(4096)
    .describe("存放 AccessKey Secret 的文件 / file with the access key secret."),
  signName: signatureSchema.describe("已审核的签名，不带【】 / approved signature, without 【】."),
  templates: templatesSchema(
    z.strictObject({
      code: z.string().regex(/^SMS_\d{1,20}$/, "SMS_ 和数字 / SMS_ and digits"),
      text: z.string().min(1).max(500),
    }),
  ).describe("每种消息对应的模板编号和审核通过的原文 / template code and approved text of each message."),
  variableChars: z
    .int()
    .min(4)
    .max(35)
    .default(35)
    .describe("每个变量最多字符数 / characters that a variable may have."),
  receiptPollMs: z
    .int()
    .min(100)
    .max(600_000)
    .default(10_000)
    .describe("发送后多久首次查询回执，毫秒 / first question for a receipt so many milliseconds after sending."),
  ...providerFields,
});

type Settings = z.output<typeof base>;

const textsOf = ({ templates }: Settings): Record<MessageTemplate, readonly TextPart[]> =>
  Object.fromEntries(
    messageNames.map((name) => [name, partsOf(templates[name].text, /\$\{(\w+)\}/gu, (variable) => variable)]),
  ) as Record<MessageTemplate, readonly TextPart[]>;

const faultsOf = (own: Settings) =>
  templateFaults(textsOf(own), { signature: own.signName, variableChars: own.variableChars });

const open = async (own: Settings, ports: ChannelPorts): Promise<Channel> => {
  refuseFaults(own.name, faultsOf(own));
  const secret = await readProviderKey(own.accessKeySecretFile, "channels.accessKeySecretFile");
  const access: AliyunAccess = {
    endpoint: new URL(own.endpoint ?? "https://dysmsapi.aliyuncs.com"),
    key: { id: own.accessKeyId, secret },
    timeoutMs: own.timeoutMs,
    nowMs: () => ports.nowMs(),
  };
  const polling = new ReceiptPolling({ channel: own.name, ports, firstMs: own.receiptPollMs, ask: askReceipt(access) });

  const submit = async (phone: string, { body, message }: Outgoing, signal: AbortSignal): Promise<Delivery> => {
    const variables = Object.keys(messageTemplates[message.template].variables).map((name) => [
      name,
      variableValue(message.variables[name] ?? "", sentChars(message.template, name, own.variableChars)),
    ]);
    const parameters = {
      PhoneNumbers: phone,
      SignName: own.signName,
      TemplateCode: own.templates[message.template].code,
      TemplateParam: JSON.stringify(Object.fromEntries(variables)),
      OutId: body.id,
    };
    const answer = await callAliyun(access, "SendSms", parameters, signal);
    if (answer.type === "nothing") return answer.delivery;
    const { Code, Message, BizId } = answer.said;
    return deliveryOf(Code, aliyunVerdict(Code, Message), BizId ?? undefined);
  };

  return {
    name: own.name,
    reach: "person",
    asksFirst: true,
    send: async (outgoing, signal) => {
      if (outgoing.recipient === null) return deliveryOf("recipient", commonVerdicts.noRecipient);
      const phone = mainlandNumber(outgoing.recipient.phone);
      if (phone === undefined) return deliveryOf("phone", commonVerdicts.notMobile);
      const before = outgoing.mayHaveIt ? await earlierAttempt(access, { phone, outgoing }, signal) : undefined;
      const delivery = before ?? (await submit(phone, outgoing, signal));
      if (delivery.type === "sent" && delivery.receiptId !== undefined) {
        polling.add({ receiptId: delivery.receiptId, phone, sentMs: ports.nowMs() });
      }
      return delivery;
    },
    listen: (inbound) => polling.listen(inbound),
    watch: (awaited) => {
      for (const one of awaited) polling.add(one);
    },
    close: () => polling.close(),
  };
};

/**
 * Text messages through Aliyun (dysmsapi SendSms), approved templates only. Receipts are asked for with QuerySendDetails.
 * After a lost answer the provider's records are asked first, so that the officer has the message once. Replies do not
 * come back: Aliyun has no call that fetches them (docs/channels.md).
 */
export const aliyunSmsChannel = {
  type: "aliyun-sms",
  settings: base.superRefine((own, context) => reportFaults(faultsOf(own), context)),
  open,
} as const satisfies ChannelDefinition<Settings>;
