import {
  block,
  blockOf,
  blockResultsOf,
  type DeviceCodec,
  defaultBlockFormat,
  resultFields,
  textCodes,
} from "@mingcheng/protocols/devices";
import { z } from "zod";
import { assaysOption } from "./assay-config.ts";
import { defineDriver } from "./define-driver.ts";
import { expression } from "./expression.ts";
import { createPushSession } from "./push-session.ts";
import { resultWordOptions } from "./result-words-config.ts";
import { scaleOptions } from "./scale-config.ts";
import { createScaleSession } from "./scale-session.ts";
import { completeReading, fallbackUnit } from "./shown-unit.ts";

const field = (zh: string, en: string, preset: string | null) =>
  expression.nullable().default(preset).describe(`${zh}，第 1 组为内容 / ${en}; group 1 is what is taken.`);

/** The result on a slip, where the device is a tester. */
const resultSlip = z
  .strictObject({
    instrument: z
      .string()
      .min(1)
      .max(128)
      .default("block")
      .describe("写入记录的仪器名称 / name of the instrument in records."),
    fields: z
      .partialRecord(z.enum(resultFields), expression)
      .refine(
        (fields) => fields.value !== undefined || fields.verdict !== undefined,
        "须有 value 或 verdict / value or verdict is needed",
      )
      .describe(
        "各项的正则表达式，第 1 组为内容：value、number、sample、channel、assay、unit、verdict、at、time / an expression for each field, group 1 is what is taken: value, number, sample, channel, assay, unit, verdict, at, time.",
      ),
    ...resultWordOptions,
    assays: assaysOption(),
  })
  .nullable()
  .default(null)
  .describe(
    "设备是检测仪时：一张小票一个结果 / for a tester: one result on a slip; what concerns weights then does nothing.",
  );

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
  result: resultSlip,
});

type BlockConfig = z.output<typeof blockConfigSchema>;

const blockCodec = (config: BlockConfig): DeviceCodec => {
  const { result, encoding, end, start } = config;
  return result === null ? blockOf(config) : blockResultsOf({ ...result, encoding, end, start });
};

/** Any scale or tester that prints tickets; 9600 8N1 is usual. */
export const blockDriver = defineDriver({
  protocol: block.id,
  displayName: block.displayName,
  deviceClass: "scale",
  transportDefaults: { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1 },
  configSchema: blockConfigSchema,
  example: {},
  classOf: ({ result }) => (result === null ? "scale" : "tester"),
  codecOf: blockCodec,
  createSession: (context, config) => {
    const codec = blockCodec(config);
    if (config.result === null) return createScaleSession(context, codec, config, completeReading(config));
    const { instrument, assays } = config.result;
    return createPushSession(context, { codec, instrument }, { assays, acknowledge: false });
  },
});
