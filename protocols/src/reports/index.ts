export { type Cell, type ReportTable, reportHead, reportTables } from "./report-tables.ts";
export type { ReportLanguage } from "./report-words.ts";
