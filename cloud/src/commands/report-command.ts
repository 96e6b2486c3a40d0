import { writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { MingchengError } from "@mingcheng/protocols";
import { type Report, reportPeriods } from "@mingcheng/protocols/api";
import type { ReportLanguage } from "@mingcheng/protocols/reports";
import { type Command, Option } from "commander";
import { terminalActor, withAudit } from "../audit/open-audit.ts";
import { loadCloudConfig } from "../config/cloud-config.ts";
import { openReport } from "../reports/open-report.ts";
import { reportHtml } from "../reports/report-html.ts";
import { reportXlsx } from "../reports/report-xlsx.ts";
import { type DataOptions, withDataOptions } from "./data-options.ts";
import { inLanguage } from "./language.ts";

type Say = (text: string) => void;

interface ReportOptions extends DataOptions {
  readonly site: string;
  readonly date: string;
  readonly period: Report["period"]["type"];
  readonly out: string;
  readonly lang: ReportLanguage;
}

const contentOf = async (report: Report, { out, lang }: ReportOptions): Promise<Buffer | string> => {
  if (out.endsWith(".html")) return reportHtml(report, lang);
  if (out.endsWith(".xlsx")) return reportXlsx(report, lang);
  if (out.endsWith(".json")) return `${JSON.stringify(report, null, 2)}\n`;
  throw new MingchengError("INPUT_INVALID", `${out}: .html, .xlsx or .json is expected`, { field: "--out" });
};

const runReport = async (options: ReportOptions, say: Say): Promise<void> => {
  const { data: dataDirectory, site, period, date, out } = options;
  const { timezone } = await loadCloudConfig(options.config);
  const nowMs = Date.now();
  const report = openReport({ dataDirectory, timezone, asked: { site, period, date }, nowMs });
  await writeFile(out, await contentOf(report, options));
  const { lsn, head } = report.cutOff;
  await withAudit(dataDirectory, (audit) => {
    const detail = { period, date, format: basename(out).split(".").at(-1) ?? "", lsn };
    audit.append({ actor: terminalActor(), action: "report.exported", subject: `site:${site}`, detail });
  });
  say(inLanguage(`已写入 ${out}，数据截至账本序号 ${lsn}`, `Written to ${out}, from the ledger up to number ${lsn}`));
  if (!report.period.complete) {
    const behind = head - lsn;
    say(
      inLanguage(
        behind > 0 ? `还有 ${behind} 条记录在处理中，稍后再导出` : "统计期未结束，数字还会变化",
        behind > 0 ? `${behind} records are still on their way: export it again later` : "The period is not over yet",
      ),
    );
  }
};

/** Adds `report`. */
export const addReportCommand = (program: Command, say: Say): void => {
  withDataOptions(
    program.command("report").description("导出场所的日报或周报 / the daily or weekly report of a site, as a file"),
  )
    .requiredOption("--site <code>", "场所编号 / code of the site")
    .requiredOption("--date <day>", "日期，如 2026-11-25；周报为该周任一天 / the day, or any day of the week")
    .addOption(new Option("--period <period>", "日报或周报 / a day or a week").choices(reportPeriods).default("day"))
    .requiredOption("--out <file>", ".html、.xlsx 或 .json / .html, .xlsx or .json")
    .addOption(new Option("--lang <lang>", "语言 / language").choices(["zh", "en"]).default("zh"))
    .action((options: ReportOptions) => runReport(options, say));
};
