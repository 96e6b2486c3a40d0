import { isDateFormat, usualDateFormats } from "@mingcheng/protocols/devices";
import { z } from "zod";

const words = z.array(z.string().min(1).max(32)).max(32);

/** Options of every tester whose words are configured: rows of a table, lines, printed slips. */
export const resultWordOptions = {
  constants: z
    .strictObject({
      assay: z.string().min(1).max(64).optional().describe("检测项目 / assay."),
      unit: z.string().min(1).max(32).optional().describe("单位 / unit."),
    })
    .prefault({})
    .describe("仪器不写、始终相同的内容 / what the instrument does not say because it is always the same."),
  dateFormats: z
    .array(
      z
        .string()
        .min(3)
        .max(64)
        .refine(isDateFormat, "须含年月日，如 dd/MM/yyyy HH:mm / must name year, month and day, like dd/MM/yyyy HH:mm"),
    )
    .min(1)
    .max(32)
    .default([...usualDateFormats])
    .describe("日期格式，依次尝试 / formats of times, tried in order."),
  verdicts: z
    .strictObject({
      positive: words.optional().describe("阳性 / positive."),
      suspect: words.optional().describe("可疑 / suspect."),
      negative: words.optional().describe("阴性 / negative."),
      invalid: words.optional().describe("无效 / invalid."),
    })
    .prefault({})
    .describe("仪器的结论用语，优先于常用词 / the instrument's words for its verdicts, before the usual ones."),
  decimalComma: z.boolean().default(false).describe("小数点为逗号 / the decimal point is a comma."),
  fraction: z
    .boolean()
    .default(false)
    .describe("检测值为小数比例，0.523 即 52.3 % / values are fractions of one: 0.523 is 52.3 %."),
};
