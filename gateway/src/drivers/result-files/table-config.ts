import {
  cellSeparators,
  defaultTableFormat,
  type ResultField,
  resultFields,
  textCodes,
} from "@mingcheng/protocols/devices";
import { z } from "zod";
import { resultWordOptions } from "../result-words-config.ts";

const name = z.string().min(1).max(128);
const place = z.union([name, z.array(name).min(1).max(16), z.int().min(1).max(256)]);

const what: Readonly<Record<ResultField, string>> = {
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
  resultFields.map((field) => [field, place.optional().describe(what[field])]),
) as Record<ResultField, z.ZodOptional<typeof place>>;

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
  ...resultWordOptions,
  separator: z
    .enum(["auto", ...(Object.keys(cellSeparators) as (keyof typeof cellSeparators)[])])
    .default(defaultTableFormat.separator)
    .describe("分隔符；auto 由表头判断 / what stands between cells; auto: as the header shows."),
  encoding: z
    .enum(textCodes)
    .default(defaultTableFormat.encoding)
    .describe("文字编码 / text encoding; auto: UTF-8 when valid, otherwise GB18030."),
};
