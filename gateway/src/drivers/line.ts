import {
  type DeviceCodec,
  defaultLineFormat,
  line,
  lineOf,
  lineResultsOf,
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
import { completeReading, fallbackUnit, shownMode } from "./shown-unit.ts";

/** The result in a line, where the device is a tester. */
const resultLine = z
  .strictObject({
    instrument: z
      .string()
      .min(1)
      .max(128)
      .default("line")
      .describe("写入记录的仪器名称 / name of the instrument in records."),
    pattern: expression.describe(
      "一行结果的正则表达式，命名组：value、number、sample、channel、assay、unit、verdict、at、time / regular expression of a line with a result; named groups: value, number, sample, channel, assay, unit, verdict, at, time.",
    ),
    ...resultWordOptions,
    assays: assaysOption(),
  })
  .refine(
    ({ pattern }) => /\(\?<(value|verdict)>/.test(pattern),
    "须含命名组 value 或 verdict / must hold the group value or verdict",
  )
  .nullable()
  .default(null)
  .describe(
    "设备是检测仪时：一行一个结果 / for a tester: one result in a line; the options of scales then do nothing.",
  );

/** Options of a device that writes a weight per line. */
export const lineConfigSchema = z.strictObject({
  ...scaleOptions,
  unit: fallbackUnit,
  mode: shownMode,
  pattern: expression
    .default(defaultLineFormat.pattern)
    .describe(
      "识别一行的正则表达式，须含命名组 value，可含 sign、unit、mode / regular expression of a line; must hold the group value, may hold sign, unit and mode.",
    ),
  encoding: z
    .enum(textCodes)
    .default(defaultLineFormat.encoding)
    .describe("文字编码 / text encoding; auto: UTF-8 when valid, otherwise GB18030."),
  unstable: expression
    .nullable()
    .default(defaultLineFormat.unstable)
    .describe(
      "出现即表示未稳定；null：设备不报告 / a line in which it occurs was said in motion; null: the device does not tell.",
    ),
  overload: expression
    .nullable()
    .default(defaultLineFormat.overload)
    .describe("出现即表示超载 / a line in which it occurs means overload."),
  underload: expression
    .nullable()
    .default(defaultLineFormat.underload)
    .describe("出现即表示欠载 / a line in which it occurs means underload."),
  decimalComma: z.boolean().default(false).describe("小数点为逗号 / the decimal point is a comma."),
  sevenBit: z
    .boolean()
    .default(false)
    .describe("屏蔽校验位（7 位线路以 8 位读取时） / mask the parity bit of a 7-bit line that is read with 8 bits."),
  result: resultLine,
});

type LineConfig = z.output<typeof lineConfigSchema>;

const lineCodec = (config: LineConfig): DeviceCodec => {
  const { result, encoding, sevenBit } = config;
  return result === null ? lineOf(config) : lineResultsOf({ ...result, encoding, sevenBit });
};

/** Any device that writes lines; 9600 8N1 is usual. */
export const lineDriver = defineDriver({
  protocol: line.id,
  displayName: line.displayName,
  deviceClass: "scale",
  transportDefaults: { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1 },
  configSchema: lineConfigSchema,
  example: {},
  classOf: ({ result }) => (result === null ? "scale" : "tester"),
  codecOf: lineCodec,
  createSession: (context, config) => {
    const codec = lineCodec(config);
    if (config.result === null) return createScaleSession(context, codec, config, completeReading(config));
    const { instrument, assays } = config.result;
    return createPushSession(context, { codec, instrument }, { assays, acknowledge: false });
  },
});
