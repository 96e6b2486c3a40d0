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
  type TemplateFault,
  templateFaults,
  templatesSchema,
} from "../sms/approved-templates.ts";
import { partsOf, sentChars, type TextPart } from "../sms/approved-text.ts";
import { mainlandNumber } from "../sms/phone.ts";
import { ReceiptPolling } from "../sms/receipt-polling.ts";
import { variableValue } from "../sms/variable-value.ts";
import { commonVerdicts, deliveryOf } from "../sms/verdict.ts";
import { ReplyPolling } from "./reply-polling.ts";
import { callTencent, type TencentAccess } from "./tencent-api.ts";
import { tencentVerdict } from "./tencent-codes.ts";
import { askReceipt, earlierAttempt } from "./tencent-records.ts";

const template = z.strictObject({
  id: z.string().regex(/^\d{1,20}$/, "模板编号是数字，须加引号 / a template's id is digits, in quotes"),
  text: z.string().min(1).max(500),
  variables: z.array(z.string().max(32)).max(20),
});

const base = z.strictObject({
  type: z.literal("tencent-sms").describe("腾讯云短信：发给值守人员的手机 / Tencent SMS: to the officers' telephones."),
  name: channelName,
  secretId: z
    .string()
    .regex(/^[A-Za-z0-9]{16,128}$/, "16 至 128 个字母或数字 / 16 to 128 letters or digits")
    .describe("子用户的 SecretId / secret id of a sub-user."),
  secretKeyFile: z.string().min(1).max(4096).describe("存放 SecretKey 的文件 / file with the secret key."),
  appId: z
    .string()
    .regex(/^\d{6,20}$/, "6 至 20 位数字，须加引号 / 6 to 20 digits, in quotes")
    .describe("短信应用的 SdkAppId / SdkAppId of the SMS application."),
  signName: signatureSchema.describe("已审核的签名，不带【】 / approved signature, without 【】."),
  templates: templatesSchema(template).describe(
    "每种消息对应的模板编号、审核通过的原文和变量顺序 / template id, approved text and order of variables of each message.",
  ),
  variableChars: z
    .int()
    .min(4)
    .max(35)
    .default(6)
    .describe("每个变量最多字符数，以控制台为准 / characters that a variable may have; the console says how many."),
  region: z
    .enum(["ap-guangzhou", "ap-beijing", "ap-nanjing"])
    .default("ap-guangzhou")
    .describe("地域 / region of the API."),
  replies: z
    .boolean()
    .default(false)
    .describe("拉取回复短信，需先向腾讯云开通 / fetch replies; Tencent has to activate this first."),
  pollMs: z
    .int()
    .min(100)
    .max(600_000)
    .default(10_000)
    .describe(
      "发送后多久首次查询回执、每隔多久拉取回复，毫秒 / first question for a receipt, and between fetching replies, milliseconds.",
    ),
  ...providerFields,
});

type Settings = z.output<typeof base>;

const textsOf = ({ templates }: Settings): Record<MessageTemplate, readonly TextPart[]> =>
  Object.fromEntries(
    messageNames.map((name) => {
      const { text, variables } = templates[name];
      return [name, partsOf(text, /\{(\d{1,2})\}/gu, (number) => variables[Number(number) - 1])];
    }),
  ) as Record<MessageTemplate, readonly TextPart[]>;

/** Tencent numbers variables from {1} in the order in which they stand in the text. */
const numberFaults = ({ templates }: Settings): TemplateFault[] =>
  messageNames.flatMap((name): TemplateFault[] => {
    const { text, variables } = templates[name];
    const numbers = [...text.matchAll(/\{(\d{1,2})\}/gu)].map(([, number]) => Number(number));
    if (numbers.length === variables.length && numbers.every((number, index) => number === index + 1)) return [];
    const known = Object.keys(messageTemplates[name].variables).join(", ");
    const { length } = variables;
    const zh = `正文须依次有 {1} 至 {${length}}，与 variables 一一对应（${known}）`;
    const message = `${zh} / the text needs {1} to {${length}} in this order, one for each of variables (${known})`;
    return [{ template: name, message }];
  });

const faultsOf = (own: Settings): readonly TemplateFault[] => [
  ...numberFaults(own),
  ...templateFaults(textsOf(own), {
    signature: own.signName,
    variableChars: own.variableChars,
  }),
];

const submit = async (
  access: TencentAccess,
  { own, phone, outgoing }: { readonly own: Settings; readonly phone: string; readonly outgoing: Outgoing },
  signal: AbortSignal,
): Promise<Delivery> => {
  const { message, body } = outgoing;
  const { id, variables } = own.templates[message.template];
  const parameters = {
    PhoneNumberSet: [`+86${phone}`],
    SmsSdkAppId: own.appId,
    TemplateId: id,
    SignName: own.signName,
    TemplateParamSet: variables.map((name) =>
      variableValue(message.variables[name] ?? "", sentChars(message.template, name, own.variableChars)),
    ),
    SessionContext: body.id,
  };
  const answer = await callTencent(access, "SendSms", parameters, signal);
  if (answer.type === "nothing") return answer.delivery;
  const code = answer.said.Error?.Code;
  if (code !== undefined) return deliveryOf(code, tencentVerdict(code));
  const [status] = answer.said.SendStatusSet;
  if (status === undefined) return deliveryOf("SendStatusSet", commonVerdicts.nonsense);
  return deliveryOf(status.Code, tencentVerdict(status.Code), status.SerialNo === "" ? undefined : status.SerialNo);
};

const open = async (own: Settings, ports: ChannelPorts): Promise<Channel> => {
  refuseFaults(own.name, faultsOf(own));
  const secret = await readProviderKey(own.secretKeyFile, "channels.secretKeyFile");
  const access: TencentAccess = {
    endpoint: new URL(own.endpoint ?? "https://sms.tencentcloudapi.com"),
    key: { id: own.secretId, secret },
    region: own.region,
    timeoutMs: own.timeoutMs,
    nowMs: () => ports.nowMs(),
  };
  const receipts = new ReceiptPolling({
    ...{ channel: own.name, ports, firstMs: own.pollMs },
    ask: askReceipt(access, own.appId),
  });
  const replies = new ReplyPolling({ channel: own.name, access, appId: own.appId, everyMs: own.pollMs, ports });
  return {
    name: own.name,
    reach: "person",
    send: async (outgoing, signal) => {
      if (outgoing.recipient === null) return deliveryOf("recipient", commonVerdicts.noRecipient);
      const phone = mainlandNumber(outgoing.recipient.phone);
      if (phone === undefined) return deliveryOf("phone", commonVerdicts.notMobile);
      const before = outgoing.mayHaveIt
        ? await earlierAttempt(access, { appId: own.appId, phone, outgoing }, signal)
        : undefined;
      const delivery = before ?? (await submit(access, { own, phone, outgoing }, signal));
      if (delivery.type === "sent" && delivery.receiptId !== undefined) {
        receipts.add({ receiptId: delivery.receiptId, phone, sentMs: ports.nowMs() });
      }
      return delivery;
    },
    listen: (inbound) => {
      receipts.listen(inbound);
      if (own.replies) replies.listen(inbound);
    },
    watch: (awaited) => {
      for (const one of awaited) receipts.add(one);
    },
    close: async () => {
      await Promise.all([receipts.close(), replies.close()]);
    },
  };
};

/**
 * Text messages through Tencent Cloud (SendSms 2021-01-11), approved templates only. Receipts are asked for by number, so
 * that nothing is lost when the centre stops between question and answer; replies are fetched from a queue that hands
 * each out once.
 */
export const tencentSmsChannel = {
  type: "tencent-sms",
  settings: base.superRefine((own, context) => reportFaults(faultsOf(own), context)),
  open,
} as const satisfies ChannelDefinition<Settings>;
