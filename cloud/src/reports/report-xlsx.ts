import type { Report } from "@mingcheng/protocols";
import { type Cell, type ReportLanguage, reportHead, reportTables } from "@mingcheng/protocols/reports";
import type { Cell as ExcelCell, Row, Sheet } from "write-excel-file/node";
import { reportTime } from "./report-time.ts";

/** So many digits a spreadsheet holds exactly; what has more is written as text, so that no digit changes. */
const exactDigits = 15;
const columnWidth = 18;
/** Names of sheets have no more, and none of these signs. */
const mostSheetName = 31;
const notInSheetNames = /[\\/?*[\]:]/g;

const cellOf = (cell: Cell): ExcelCell => {
  if (typeof cell === "number") return { value: cell, type: Number };
  if (typeof cell === "string") return { value: cell, type: String };
  const digits = cell.figure.replace(/\D/g, "").length;
  if (digits > exactDigits) return { value: cell.figure, type: String, align: "right" };
  const decimals = cell.figure.split(".")[1]?.length ?? 0;
  return { value: Number(cell.figure), type: Number, format: decimals === 0 ? "0" : `0.${"0".repeat(decimals)}` };
};

const bold = (text: string): ExcelCell => ({ value: text, type: String, fontWeight: "bold" });

/** A report as a workbook: one sheet for each table, each with title, cut-off and head. @throws the library's error */
export const reportXlsx = async (report: Report, language: ReportLanguage): Promise<Buffer> => {
  // Seldom wanted, and large.
  const { default: writeExcelFile } = await import("write-excel-file/node");
  const { title, asOf, warning } = reportHead(report, language, reportTime);
  const names = new Map<string, number>();
  const sheets = reportTables(report, language).map((table): Sheet<Buffer> => {
    const plain = table.title.replace(notInSheetNames, " ").slice(0, mostSheetName - 2);
    const count = (names.get(plain) ?? 0) + 1;
    names.set(plain, count);
    const rows: Row[] = [
      [bold(title)],
      [{ value: warning === null ? asOf : `${asOf}. ${warning}`, type: String }],
      table.head.map(bold),
      ...table.rows.map((row) => row.map(cellOf)),
    ];
    return {
      ...{ data: rows, sheet: count === 1 ? plain : `${plain} ${count}`, stickyRowsCount: 3 },
      columns: table.head.map(() => ({ width: columnWidth })),
    };
  });
  return writeExcelFile(sheets).toBuffer();
};
