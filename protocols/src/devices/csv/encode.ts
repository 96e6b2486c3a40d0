/** What a simulated instrument exports. */
export interface CsvRowSpec {
  /** `2024-05-17 09:30:15`. */
  readonly at: string;
  readonly number: string;
  readonly sample: string;
  readonly assay: string;
  readonly value: string;
  readonly unit: string;
  readonly verdict: string;
}

/** The header of the default format. */
export const csvHeader = "检测时间,编号,样品,项目,结果,单位,结论\r\n";

const quoted = (cell: string): string => (/[",;\t|\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);

/** One row of the default format. */
export const csvRow = ({ at, number, sample, assay, value, unit, verdict }: CsvRowSpec): string =>
  `${[at, number, sample, assay, value, unit, verdict].map(quoted).join(",")}\r\n`;
