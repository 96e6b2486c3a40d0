import { block, blockOf, defaultBlockFormat, textCodes } from "@mingcheng/protocols";
import { z } from "zod";
import { defineDriver } from "./define-driver.ts";
import { expression } from "./expression.ts";
import { scaleOptions } from "./scale-config.ts";
import { createScaleSession } from "./scale-session.ts";
import { completeReading, fallbackUnit } from "./shown-unit.ts";

const field = (zh: string, en: string, preset: string | null) =>
  expression.nullable().default(preset).describe(`${zh}，第 1 组为内容 / ${en}; group 1 is what is taken.`);

/** Options of a scale that prints tickets. */
export const blockConfigSchema = z.strictObject({
  ...scaleOptions,
  unit: fallbackUnit,
  encoding: z
    .enum(textCodes)
    .default(defaultBlockFormat.encoding)
    .describe("文字编码 / text encoding; auto: UTF-8 when valid, otherwise GB18030."),
  end: z
    .string()
    .min(1)
    .max(16)
    .nullable()
    .default(defaultBlockFormat.end)
    .describe("小票结束标记；线路安静也视为结束 / text that ends a ticket; a quiet line ends it too."),
  start: z
    .string()
    .min(1)
    .max(64)
    .nullable()
    .default(defaultBlockFormat.start)
    .describe("小票开头文字；null 为任意 / text that a ticket begins with; null: anything."),
  net: field("净重（第 2 组为单位）", "net weight, group 2 its unit", defaultBlockFormat.net),
  gross: field("毛重（第 2 组为单位）", "gross weight, group 2 its unit", defaultBlockFormat.gross),
  tare: field("皮重，仅在设定 start 时采用", "tare, taken only when start is set", defaultBlockFormat.tare),
  number: field("小票号", "number of the ticket", defaultBlockFormat.number),
  item: field("品名或编码", "item", defaultBlockFormat.item),
  unitPrice: field("单价", "unit price", defaultBlockFormat.unitPrice),
  amount: field("金额", "amount", defaultBlockFormat.amount),
});

/** Any scale that prints tickets; 9600 8N1 is usual. */
export const blockDriver = defineDriver({
  protocol: block.id,
  displayName: block.displayName,
  deviceClass: "scale",
  transportDefaults: { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1 },
  configSchema: blockConfigSchema,
  example: {},
  createSession: (context, config) => createScaleSession(context, blockOf(config), config, completeReading(config)),
});
