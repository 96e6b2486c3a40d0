import { defaultSettlingRules, type SettlingRules } from "@mingcheng/protocols";
import { z } from "zod";

const weight = z
  .string()
  .regex(
    /^\d+(\.\d+)?$/,
    "须为带引号的十进制重量（显示单位） / must be a weight as decimal text in quotes, in the unit the scale shows",
  );

/** When a weight counts as one load; every option has a default that suits shop scales. */
export const settlingConfigSchema = z
  .strictObject({
    reportedSamples: z
      .int()
      .min(1)
      .max(100)
      .default(defaultSettlingRules.reportedSamples)
      .describe(
        "报告稳定标志的秤：连续多少个相同的稳定读数算一次称重 / scales that report stability: so many equal stable readings in a row make a weighing.",
      ),
    inferredSamples: z
      .int()
      .min(2)
      .max(1000)
      .default(defaultSettlingRules.inferredSamples)
      .describe("不报告稳定标志的秤：连续多少个相同读数 / scales that do not: so many equal readings in a row"),
    inferredWindowMs: z
      .int()
      .min(0)
      .max(60_000)
      .default(defaultSettlingRules.inferredWindowMs)
      .describe("并且至少持续多少毫秒，才算一次称重 / and over at least so many milliseconds make a weighing."),
    maxGapMs: z
      .int()
      .min(100)
      .max(60_000)
      .default(defaultSettlingRules.maxGapMs)
      .describe(
        "两个读数相隔超过多少毫秒就不算连续 / readings further apart than this, in milliseconds, are not in a row.",
      ),
    zeroBand: weight
      .nullable()
      .default(defaultSettlingRules.zeroBand)
      .describe(
        "重量不超过此值（显示单位）即为空秤；null 为两个显示分度 / at or below this weight (in the unit shown) the pan is empty; null: two display steps.",
      ),
    emptySamples: z
      .int()
      .min(1)
      .max(100)
      .default(defaultSettlingRules.emptySamples)
      .describe("连续多少个空秤读数算卸货 / so many readings in a row at or below the zero band end a load."),
    captureAt: z
      .enum(["settle", "fall"])
      .default(defaultSettlingRules.captureAt)
      .describe(
        "settle：首次稳定时立即记录；fall：卸货时记录最后一次稳定重量 / settle: a load's first settled weight, at once; fall: its last one, when the pan is emptied.",
      ),
    loadAtStart: z
      .enum(["wait", "capture"])
      .default(defaultSettlingRules.loadAtStart)
      .describe(
        "启动时秤上已有货物：wait 等空秤一次，capture 记录它 / a load already on the pan at start: wait until the pan was empty once, or capture it.",
      ),
  })
  .prefault({})
  .describe("何时算一次称重，默认值适合商用秤 / when a weight counts as one load; the defaults suit shop scales.");

/** Options that every continuously sending scale has. */
export const scaleOptions = {
  settling: settlingConfigSchema,
  stateSamples: z
    .int()
    .min(1)
    .max(100)
    .default(2)
    .describe(
      "连续多少个读数一致才记录超载、欠载、未归零、低于零或动态 / so many readings in a row must agree before overload, underload, not-zeroed, below-zero or motion is recorded.",
    ),
  motionTooLongMs: z
    .int()
    .min(1000)
    .max(3_600_000)
    .default(30_000)
    .describe(
      "持续晃动超过多少毫秒记为一种状态 / a scale in motion for longer than this, in milliseconds, is recorded as a state.",
    ),
  liveIntervalMs: z
    .int()
    .min(50)
    .max(60_000)
    .default(200)
    .describe(
      "未稳定的重量最多每隔多少毫秒送一次实时画面 / unsettled weights go to the live screens at most this often, in milliseconds.",
    ),
};

/** The options above, read. */
export interface ScaleConfig {
  readonly settling: SettlingRules;
  readonly stateSamples: number;
  readonly motionTooLongMs: number;
  readonly liveIntervalMs: number;
}
