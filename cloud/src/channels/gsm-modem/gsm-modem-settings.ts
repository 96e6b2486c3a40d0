import { z } from "zod";
import { channelName } from "../channel-name.ts";
import { ownSignature, signatureFault } from "../sms/own-text.ts";

const number = /^\+[1-9]\d{6,14}$/;

const base = z.strictObject({
  type: z.literal("gsm-modem").describe("GSM 短信模块（短信猫） / a GSM modem on a serial port."),
  name: channelName,
  path: z
    .string()
    .regex(
      /^\/.{1,255}$|^COM\d{1,3}$/,
      "串口的完整路径，如 /dev/serial/by-id/… / the whole path of a port, e.g. /dev/serial/by-id/…",
    )
    .describe("串口，建议 /dev/serial/by-id/… / serial port; best /dev/serial/by-id/…"),
  baudRate: z.int().min(300).max(4_000_000).default(115_200).describe("波特率 / baud rate."),
  rtscts: z.boolean().default(false).describe("硬件流控 / hardware flow control."),
  pinFile: z
    .string()
    .min(1)
    .max(4096)
    .optional()
    .describe(
      "存放 SIM 卡 PIN 的文件；每次改写后最多试一次 / file with the SIM's PIN; tried once after it was written.",
    ),
  serviceCentre: z
    .string()
    .regex(number, "+ 和 7 至 15 位数字，须加引号 / + and 7 to 15 digits, in quotes")
    .optional()
    .describe("短信中心号码，缺省用 SIM 卡上的 / number of the SMS centre; left out: the one on the SIM."),
  storage: z
    .enum(["SM", "ME"])
    .default("SM")
    .describe("来信存放处：SIM 卡或模块 / where messages that come in are kept: SIM or modem."),
  country: z
    .string()
    .regex(/^\+[1-9]\d{0,2}$/, '+ 和国家码，如 "+86" / + and the code of a country, e.g. "+86"')
    .default("+86")
    .describe("登记号码没有国家码时的国家码 / country of numbers without one."),
  signName: ownSignature.optional().describe("放在正文前的【签名】 / signature in front of texts."),
  concatenate: z
    .boolean()
    .default(false)
    .describe("允许长短信 / whether a message may be longer than one segment of 70 characters."),
  receipts: z.boolean().default(true).describe("索取送达报告 / whether delivery reports are asked for."),
  pollMs: z
    .int()
    .min(100)
    .max(3_600_000)
    .default(60_000)
    .describe("即使没有通知也查看来信的间隔，毫秒 / between looks for messages that were not told of, milliseconds."),
  commandTimeoutMs: z
    .int()
    .min(100)
    .max(60_000)
    .default(5_000)
    .describe("每条指令的时限，毫秒 / limit of a command, milliseconds."),
  sendTimeoutMs: z
    .int()
    .min(500)
    .max(300_000)
    .default(60_000)
    .describe("网络接收一条短信的时限，毫秒 / limit for the network to take a message, milliseconds."),
});

/** Settings of a modem. */
export type ModemSettings = z.output<typeof base>;

export const modemSettings = base.superRefine((own, context) => {
  const message = signatureFault(own);
  if (message !== undefined) context.addIssue({ code: "custom", path: ["signName"], message });
});
