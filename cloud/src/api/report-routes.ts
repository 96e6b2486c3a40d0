import {
  keptReportFileQuerySchema,
  keptReportListSchema,
  keptReportQuerySchema,
  type Report,
  reportFileQuerySchema,
  reportQuerySchema,
  reportSchema,
} from "@mingcheng/protocols/api";
import type { FastifyReply } from "fastify";
import type { Audit } from "../audit/audit-event.ts";
import type { PlaceFinder } from "../register/attribution/place-finder.ts";
import { minuteOf } from "../register/model/validity.ts";
import type { ReportDesk } from "../reports/report-desk.ts";
import { reportContentSecurity, reportHtml } from "../reports/report-html.ts";
import { reportXlsx } from "../reports/report-xlsx.ts";
import { reportFileName } from "../reports/shelf/deliver-report.ts";
import type { KeptReports } from "../reports/shelf/kept-reports.ts";
import type { SqliteDatabase } from "../store/database.ts";
import type { Cover } from "../users/cover.ts";
import { ApiFailure } from "./api-failure.ts";
import { type ApiRoute, defineRoute, everyRole, whoOf } from "./api-route.ts";

/** What the routes of reports work with. */
export interface ReportRoutePorts {
  readonly reports: ReportDesk;
  readonly kept: KeptReports;
  readonly register: SqliteDatabase;
  readonly places: PlaceFinder;
  readonly audit: Audit;
  readonly nowMs: () => number;
}

/** A site that the user sees; one of somebody else is answered like one that nobody has. */
const requireSite = ({ register, places, nowMs }: ReportRoutePorts, cover: Cover, site: string): void => {
  const index = places.index();
  const isSite = register.prepare("SELECT 1 FROM site WHERE code = ? LIMIT 1").get(site) !== undefined;
  if (cover.covers(index.site(site, minuteOf(nowMs()))) && isSite) return;
  throw new ApiFailure("NOT_FOUND", "there is no such site", { field: "site" });
};

const requireFree = ({ reports }: ReportRoutePorts): void => {
  if (!reports.isFree) throw new ApiFailure("RATE_LIMITED", "other reports are being read", { retryAfterMs: 5_000 });
};

type FileFormat = "html" | "xlsx" | "json";

const contentTypes: Readonly<Record<FileFormat, string>> = {
  html: "text/html; charset=utf-8",
  json: "application/json; charset=utf-8",
  xlsx: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
};

const fileOf = async (report: Report, format: FileFormat, lang: "zh" | "en"): Promise<Buffer> => {
  if (format === "xlsx") return reportXlsx(report, lang);
  return Buffer.from(format === "html" ? reportHtml(report, lang) : JSON.stringify(report));
};

/** A page is looked at, everything else is put away. */
const sendReport = async (
  reply: FastifyReply,
  report: Report,
  { name, format, lang }: { readonly name: string; readonly format: FileFormat; readonly lang: "zh" | "en" },
): Promise<void> => {
  const file = await fileOf(report, format, lang);
  if (format === "html") void reply.header("content-security-policy", reportContentSecurity);
  void reply
    .header("content-type", contentTypes[format])
    .header(
      "content-disposition",
      `${format === "html" ? "inline" : "attachment"}; filename="${encodeURIComponent(name)}"`,
    )
    .header("content-length", file.length)
    .header("cache-control", "no-store")
    .send(file);
};

/** Reports of a day or a week, as figures and as files; and those that were made on schedule, as they were. */
export const reportRoutes = (ports: ReportRoutePorts): ApiRoute[] => [
  defineRoute({
    method: "GET",
    path: "/api/v1/reports",
    summary: { zh: "场所的日报或周报：快检、交易、设备、预警", en: "The daily or weekly report of a site" },
    access: everyRole,
    scope: "area",
    perMinute: 30,
    query: reportQuerySchema,
    answer: reportSchema,
    handle: ({ query, cover }) => {
      requireSite(ports, cover, query.site);
      requireFree(ports);
      return ports.reports.read(query);
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/reports/file",
    summary: { zh: "同一报表的文件：可打印网页或 Excel", en: "The same report as a page to print or a workbook" },
    access: everyRole,
    scope: "area",
    perMinute: 30,
    query: reportFileQuerySchema,
    answer: "file",
    handle: async (call) => {
      const { query, cover, reply } = call;
      const { site, date, period, format, lang } = query;
      requireSite(ports, cover, site);
      requireFree(ports);
      const report = await ports.reports.read(query);
      const detail = { period, date, format, lsn: report.cutOff.lsn };
      ports.audit.append({ ...whoOf(call), action: "report.exported", subject: `site:${site}`, detail });
      await sendReport(reply, report, { name: `${site}-${period}-${report.period.first}.${format}`, format, lang });
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/reports/kept",
    summary: {
      zh: "场所按计划生成的报表，含历次修订",
      en: "Reports of a site that were made on schedule, every revision",
    },
    access: everyRole,
    scope: "area",
    query: keptReportQuerySchema,
    answer: keptReportListSchema,
    handle: ({ query, cover }) => {
      requireSite(ports, cover, query.site);
      return ports.kept.list(query);
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/reports/kept/file",
    summary: { zh: "其中一版的文件", en: "One revision of them as a file" },
    access: everyRole,
    scope: "area",
    perMinute: 60,
    query: keptReportFileQuerySchema,
    answer: "file",
    handle: async (call) => {
      const { query, cover, reply } = call;
      const { site, period, first, revision, format, lang } = query;
      requireSite(ports, cover, site);
      const report = ports.kept.read({ site, period, first }, revision);
      const detail = { period, date: first, revision, format, lang, lsn: report.cutOff.lsn };
      ports.audit.append({ ...whoOf(call), action: "report.exported", subject: `site:${site}`, detail });
      await sendReport(reply, report, { name: reportFileName(query, format), format, lang });
    },
  }),
];
