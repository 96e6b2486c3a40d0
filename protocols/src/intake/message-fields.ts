import { z } from "zod";
import { itemChoices } from "../records/sale-body.ts";
import { massUnits, parseMassUnit } from "../units/mass.ts";

/** Text of 1 to `max` characters. */
export const someText = (max: number) => z.string().min(1).max(max);

const decimalFault = '须为带引号的十进制数，如 "1.250" / must be decimal text in quotes, such as "1.250"';

/** A number as decimal text: JSON numbers are binary and lose what was said. */
export const decimalText = z
  .string({ error: decimalFault })
  .max(24)
  .regex(/^-?\d+(\.\d+)?$/, decimalFault)
  .meta({ examples: ["1.250"] });

/** Money in fen. */
export const fenNumber = z.int().min(-1_000_000_000).max(1_000_000_000);

/** A unit of mass as people write it. */
export const saidUnit = z
  .string()
  .min(1)
  .max(16)
  .refine(
    (text) => parseMassUnit(text) !== undefined,
    `不是认识的重量单位，可用：斤、公斤、两、克、千克、吨、钱，${massUnits.join("、")} / is no unit of mass we know; there are: 斤, 公斤, 两, 克, 千克, 吨, 钱, ${massUnits.join(", ")}`,
  )
  .meta({ examples: ["斤", "公斤", "两", "kg", "g", "lb", "t"] });

/** A moment by the device's own clock, as it says it. */
export const deviceTime = z
  .string()
  .max(32)
  .regex(
    /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})?$/,
    "须为 2026-11-25T09:15:02+08:00 的形式 / must look like 2026-11-25T09:15:02+08:00",
  )
  .meta({ examples: ["2026-11-25T09:15:02+08:00"] });

/** What every message begins with. */
export const envelope = {
  id: z
    .string()
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/,
      "须为 1-64 个字母、数字或 . _ : - / must be 1 to 64 letters, digits or . _ : -",
    )
    .describe(
      "设备自己的消息编号，每条消息不同，重发时不变：编号加日期或 UUID / the device's own number of this message, another for each, the same when it is sent again: a counter with the day, or a UUID.",
    )
    .meta({ examples: ["20261125-000042"] }),
  at: deviceTime
    .optional()
    .describe("设备时钟的时间 / when it happened, by the device's own clock; kept beside the gateway's."),
  sentAt: deviceTime
    .optional()
    .describe("本次发送的时间，重发时可以改变 / when this attempt was made; may differ when it is sent again."),
};

/** How an item was chosen. */
export const chosenBy = z
  .enum(itemChoices)
  .optional()
  .describe("商品如何选定：输入、快捷键、扫码、识别 / how the item was chosen; vision: seen by the scale's camera.");

/** How sure the scale was. */
export const confidence = z.number().min(0).max(1).optional().describe("识别置信度 / how sure the scale was, 0 to 1.");
