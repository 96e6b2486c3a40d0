import { lis, lisEncodings } from "@mingcheng/protocols";
import { z } from "zod";
import { defineDriver } from "./define-driver.ts";
import { createLisSession } from "./lis-session.ts";

const limit = z.string().regex(/^-?\d+(\.\d+)?$/, "须为带引号的十进制限值 / must be a limit as decimal text in quotes");

/** How one assay is judged. */
export const assayRuleSchema = z
  .strictObject({
    code: z
      .string()
      .min(1)
      .max(64)
      .describe("仪器的检测项目代码，即结果记录第 3 字段 / the instrument's code for the assay, as in result field 3."),
    name: z.string().max(128).optional().describe("显示给人看的名称 / name shown to people."),
    method: z
      .string()
      .min(1)
      .max(64)
      .describe("限值所依据的标准，如 GB/T 5009.199-2003 / the standard that sets the limit, e.g. GB/T 5009.199-2003."),
    unit: z
      .string()
      .min(1)
      .max(32)
      .optional()
      .describe(
        "单位；其他单位的结果不作判定，省略为任意单位 / results in another unit get no verdict; left out: any unit.",
      ),
    direction: z
      .enum(["above-is-positive", "below-is-positive", "qualitative"])
      .describe(
        "限值哪一侧为阳性；qualitative 以仪器结论为准 / which side of the limit is positive; qualitative: the instrument's own words count.",
      ),
    positiveFrom: limit.optional().describe("限值，等于此值为阳性 / limit; exactly this value is positive."),
    suspectFrom: limit
      .optional()
      .describe("从此值起为可疑，含此值 / from here on suspect; exactly this value included."),
  })
  .refine((rule) => rule.direction === "qualitative" || rule.positiveFrom !== undefined, {
    path: ["positiveFrom"],
    message: "必须填写，除非 direction 为 qualitative / is needed unless direction is qualitative",
  });

/** Options of a LIS02-A2 tester. */
export const lisConfigSchema = z.strictObject({
  assays: z
    .array(assayRuleSchema)
    .max(1000)
    .default([])
    .describe(
      "结果如何判定；没有规则的项目不作判定，绝不算合格 / how results are judged; an assay without a rule gets no verdict, never a pass.",
    ),
  encoding: z
    .enum(lisEncodings)
    .default("auto")
    .describe(
      "文字编码；auto：合法则为 UTF-8，否则 GB18030（GBK、GB2312） / text encoding; auto: UTF-8 when valid, otherwise GB18030 (GBK, GB2312).",
    ),
  frameNumbers: z
    .enum(["strict", "ignored"])
    .default("strict")
    .describe(
      "帧号检查；ignored 用于不计帧号的仪器 / frame numbers; ignored: for instruments that do not count their frames.",
    ),
  sevenBit: z
    .boolean()
    .default(false)
    .describe(
      "屏蔽校验位：以 8 位打开的端口上的 7 位线路 / mask the parity bit: a 7-bit line through a port opened with 8 bits.",
    ),
  receiverTimeoutMs: z
    .int()
    .min(1000)
    .max(600_000)
    .default(30_000)
    .describe(
      "传输中多少毫秒没有帧即放弃（LIS01-A2 第 6.5.2 节） / a transfer without a frame for this long, in milliseconds, is given up (LIS01-A2 section 6.5.2).",
    ),
});

/** A rapid tester that speaks LIS01-A2/LIS02-A2; 9600 8N1 is usual. */
export const lisDriver = defineDriver({
  protocol: lis.id,
  displayName: lis.displayName,
  deviceClass: "tester",
  transportDefaults: { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1 },
  configSchema: lisConfigSchema,
  example: {
    assays: [
      {
        code: "OP",
        name: "有机磷和氨基甲酸酯类农药",
        method: "GB/T 5009.199-2003",
        unit: "%",
        direction: "above-is-positive",
        positiveFrom: "50",
        suspectFrom: "40",
      },
    ],
  },
  createSession: (context, config) => createLisSession(context, config),
});
