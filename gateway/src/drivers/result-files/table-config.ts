import {
  cellSeparators,
  defaultTableFormat,
  isDateFormat,
  type TableField,
  type TableFormat,
  tableFields,
  textCodes,
} from "@mingcheng/protocols";
import { z } from "zod";

const name = z.string().min(1).max(128);
const place = z.union([name, z.array(name).min(1).max(16), z.int().min(1).max(256)]);
const words = z.array(z.string().min(1).max(32)).max(32);

const what: Readonly<Record<TableField, string>> = {
  at: "检测时间或日期 / time or date of the test",
  time: "时刻单独一列时 / time of day, where it is a column of its own",
  number: "编号 / number of the specimen or of the record",
  sample: "样品名称 / what was tested",
  channel: "通道、孔位 / channel or hole",
  assay: "检测项目 / assay",
  value: "检测值 / value",
  unit: "单位 / unit",
  verdict: "仪器结论 / the instrument's own verdict",
};

const columns = Object.fromEntries(
  tableFields.map((field) => [field, place.optional().describe(what[field])]),
) as Record<TableField, z.ZodOptional<typeof place>>;

/** Options of a table of results, whatever carries it. */
export const tableOptions = {
  columns: z
    .strictObject(columns)
    .refine(
      ({ value, verdict }) => value !== undefined || verdict !== undefined,
      "须有 value 或 verdict 列 / a column for value or verdict is needed",
    )
    .refine(
      ({ at, number }) => at !== undefined || number !== undefined,
      "须有 at 或 number 列，否则无法区分各行 / a column for at or number is needed, or rows cannot be told apart",
    )
    .prefault({ ...(defaultTableFormat.columns as z.input<z.ZodObject<typeof columns>>) })
    .describe(
      "各列：表头名称、若干可选名称，或列号（从 1 起） / the columns: a name in the header, several names, or a number from 1.",
    ),
  constants: z
    .strictObject({
      assay: z.string().min(1).max(64).optional().describe("检测项目 / assay."),
      unit: z.string().min(1).max(32).optional().describe("单位 / unit."),
    })
    .prefault({})
    .describe("表中没有、各行相同的内容 / what the table does not say because it is the same for all rows."),
  separator: z
    .enum(["auto", ...(Object.keys(cellSeparators) as (keyof typeof cellSeparators)[])])
    .default(defaultTableFormat.separator)
    .describe("分隔符；auto 由表头判断 / what stands between cells; auto: as the header shows."),
  encoding: z
    .enum(textCodes)
    .default(defaultTableFormat.encoding)
    .describe("文字编码 / text encoding; auto: UTF-8 when valid, otherwise GB18030."),
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
    .default([...defaultTableFormat.dateFormats])
    .describe("日期格式，依次尝试 / formats of times, tried in order."),
  verdicts: z
    .strictObject({
      positive: words.optional(),
      suspect: words.optional(),
      negative: words.optional(),
      invalid: words.optional(),
    })
    .prefault({})
    .describe("仪器的结论用语，优先于常用词 / the instrument's words for its verdicts, before the usual ones."),
  decimalComma: z.boolean().default(false).describe("小数点为逗号 / the decimal point is a comma."),
  fraction: z
    .boolean()
    .default(false)
    .describe("检测值为小数比例，0.523 即 52.3 % / values are fractions of one: 0.523 is 52.3 %."),
};

/** Options without what was left out: a table format. */
export const tableFormatOf = (config: z.output<z.ZodObject<typeof tableOptions>>): TableFormat => ({
  columns: Object.fromEntries(Object.entries(config.columns).filter(([, place]) => place !== undefined)),
  constants: config.constants,
  separator: config.separator,
  encoding: config.encoding,
  dateFormats: config.dateFormats,
  verdicts: Object.fromEntries(Object.entries(config.verdicts).filter(([, list]) => list !== undefined)),
  decimalComma: config.decimalComma,
  fraction: config.fraction,
});
