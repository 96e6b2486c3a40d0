import {
  auditPageSchema,
  auditQuerySchema,
  auditVerificationSchema,
  viewLogQuerySchema,
} from "@mingcheng/protocols/api";
import type { Audit } from "../audit/audit-event.ts";
import { auditPage, viewLogPage } from "../audit/audit-reader.ts";
import type { AuditReport } from "../audit/verify-audit.ts";
import type { SqliteDatabase } from "../store/database.ts";
import { type ApiRoute, defineRoute, whoOf } from "./api-route.ts";

/** What the routes of the audit log work with. */
export interface AuditRoutePorts {
  readonly register: SqliteDatabase;
  readonly audit: Audit;
  readonly verifyAudit: () => Promise<AuditReport>;
}

const readers = { access: ["administrator", "auditor"], scope: "centre" } as const;

/** Who did what, and whether that is still what was noted. Looking at it is noted, too. */
export const auditRoutes = ({ register, audit, verifyAudit }: AuditRoutePorts): ApiRoute[] => [
  defineRoute({
    method: "GET",
    path: "/api/v1/audit",
    summary: { zh: "审计日志，新的在前", en: "Who did what, the newest first" },
    ...readers,
    query: auditQuerySchema,
    answer: auditPageSchema,
    handle: (call) => {
      const page = auditPage(register, call.query);
      const { before = null, actor = null, action = null, subject = null } = call.query;
      const detail = { before, actor, action, subject };
      audit.append({ ...whoOf(call), action: "audit.viewed", subject: "audit", detail });
      return page;
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/audit/views",
    summary: {
      zh: "查看日志：谁看过或导出过个人数据",
      en: "Who looked at personal data or took it away, the newest first",
    },
    ...readers,
    query: viewLogQuerySchema,
    answer: auditPageSchema,
    handle: (call) => {
      const page = viewLogPage(register, call.query);
      const { before = null, actor = null, subject = null } = call.query;
      audit.append({ ...whoOf(call), action: "audit.viewed", subject: "views", detail: { before, actor, subject } });
      return page;
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/audit/verification",
    summary: { zh: "核验审计日志", en: "Check the audit log from its first entry on" },
    ...readers,
    perMinute: 6,
    answer: auditVerificationSchema,
    handle: async () => {
      const { head, fault, ...rest } = await verifyAudit();
      return { ...rest, head: head === null ? null : { ...head }, fault: fault === null ? null : { ...fault } };
    },
  }),
];
