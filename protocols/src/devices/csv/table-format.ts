import type { TextCode } from "../../framing/text-code.ts";
import { type ResultField, type ResultWords, usualResultWords } from "../result-words.ts";
import { type CellSeparator, cellSeparators } from "./cells.ts";

/** Where a field stands: the name of its column in the header, several names for it, or its number from 1. */
export type ColumnPlace = string | readonly string[] | number;

/** How a device writes a table of results: CSV, TSV, or the first sheet of a workbook. */
export interface TableFormat extends ResultWords {
  /** Where each field stands; a field left out is not in the table. `value` must be there. */
  readonly columns: Readonly<Partial<Record<ResultField, ColumnPlace | undefined>>>;
  /** `auto`: the one that gives the header the most cells. */
  readonly separator: CellSeparator | "auto";
  readonly encoding: TextCode;
}

/** Tables with all these columns, in Chinese or English; what other instruments write is configured. */
export const defaultTableFormat: TableFormat = {
  columns: {
    at: ["检测时间", "时间", "at", "time"],
    number: ["编号", "样品编号", "number", "no."],
    sample: ["样品", "样品名称", "sample"],
    assay: ["项目", "检测项目", "assay", "item"],
    value: ["结果", "检测值", "检测结果", "value", "result"],
    unit: ["单位", "unit"],
    verdict: ["结论", "判定", "verdict"],
  },
  ...usualResultWords,
  separator: "auto",
  encoding: "auto",
};

/** The character between two cells; `undefined` when the header has to tell. */
export const separatorIn = (format: TableFormat): string | undefined =>
  format.separator === "auto" ? undefined : cellSeparators[format.separator];

/** True when every column is given by its number, so that there is no header to wait for. */
export const isNumbered = (format: TableFormat): boolean =>
  Object.values(format.columns).every((place) => place === undefined || typeof place === "number");
