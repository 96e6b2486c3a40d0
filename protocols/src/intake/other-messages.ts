import { z } from "zod";
import { decimalText, deviceTime, envelope, saidUnit, someText } from "./message-fields.ts";

/** One settled load. */
export const weighingMessageSchema = z.object({
  ...envelope,
  weight: decimalText.describe("重量 / the weight as shown, decimal text."),
  unit: saidUnit.describe("单位，秤上怎么写就怎么写 / its unit as the scale writes it."),
  mode: z.enum(["gross", "net", "unknown"]).default("unknown").describe("毛重或净重 / gross or net."),
  stable: z
    .boolean()
    .default(true)
    .refine(
      (stable) => stable,
      "晃动中的重量不是称重，请在稳定后发送 / a weight in motion is no weighing: send it when it stands still",
    )
    .describe("须已稳定 / must stand still."),
  tare: decimalText.optional().describe("皮重，同一单位 / tare in the same unit."),
  item: someText(64).optional().describe("商品编码 / item code, where the scale knows it."),
});

/** What happened to a scale: it went out of range, or somebody zeroed, tared or calibrated it. */
export const scaleEventMessageSchema = z.object({
  ...envelope,
  event: z
    .enum([
      "zero",
      "tare",
      "calibration",
      "settings-changed",
      "seal-broken",
      "cover-opened",
      "power-on",
      "overload",
      "underload",
      "not-zeroed",
      "normal",
    ])
    .describe("发生了什么 / what happened."),
  detail: someText(256)
    .optional()
    .describe("说明，如皮重、标定计数 / more about it: the tare, the counter of calibrations."),
});

const text = (max: number) => z.string().max(max).default("");

/** One result of a rapid test. */
export const testMessageSchema = z.object({
  ...envelope,
  instrument: z.object({ name: someText(128), version: text(64), serial: text(64) }).describe("仪器 / the instrument."),
  specimenId: someText(128).describe("样品编号 / specimen id."),
  item: someText(128).optional().describe("被测商品 / what was tested, such as 韭菜."),
  assay: z
    .object({ code: someText(64), name: text(128) })
    .describe("检测项目；code 与网关配置 assays 中的相同 / the assay; code as in the gateway's configuration."),
  value: z.string().max(256).describe("结果，仪器怎么写就怎么写 / value as the instrument writes it."),
  unit: text(32).describe("单位 / unit."),
  flags: text(32).describe("标志 / flags."),
  status: text(8).describe("状态，X 为无法检测 / status; X: could not be done."),
  instrumentVerdict: z
    .enum(["positive", "suspect", "negative", "invalid"])
    .optional()
    .describe(
      "仪器自己的结论；系统按项目规则另行判定 / the instrument's own verdict; ours comes from the number by the assay's rule.",
    ),
  startedAt: deviceTime.optional().describe("开始时间 / when it was begun."),
  completedAt: deviceTime.optional().describe("完成时间，省略时取 at / when it was completed; left out: at."),
  channel: someText(16).optional().describe("通道 / channel."),
});

/** A sign of life. Never a record. */
export const heartbeatMessageSchema = z.object({
  id: envelope.id.optional(),
  at: envelope.at,
  sentAt: envelope.sentAt,
  software: someText(64).optional().describe("设备软件版本 / the device's software version."),
  pending: z.int().min(0).optional().describe("待发送消息数 / messages that wait to be sent."),
  printer: z.enum(["ok", "paper-low", "paper-out", "fault"]).optional().describe("打印机 / printer."),
  batteryPercent: z.int().min(0).max(100).optional().describe("电量 / battery."),
});

export type WeighingMessage = z.output<typeof weighingMessageSchema>;
export type ScaleEventMessage = z.output<typeof scaleEventMessageSchema>;
export type TestMessage = z.output<typeof testMessageSchema>;
export type HeartbeatMessage = z.output<typeof heartbeatMessageSchema>;
