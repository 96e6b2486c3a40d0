import { errorOf } from "./errors-of.ts";
import type { FixtureAnswer, FixtureRequest } from "./fixture-alerts.ts";
import {
  sampleAudit,
  sampleDutyView,
  sampleGateways,
  sampleMessages,
  sampleQuarantine,
  sampleRegister,
  sampleUsers,
} from "./sample-duty.ts";
import { sampleKeptReports, sampleReport, sampleSites } from "./sample-reports.ts";

const messages = ({ query }: FixtureRequest): FixtureAnswer => {
  const page = sampleMessages();
  const fits = ({ state, officer }: (typeof page.messages)[number]): boolean =>
    (query.get("state") ?? state) === state && (query.get("officer") ?? officer?.code) === officer?.code;
  return [200, { ...page, messages: page.messages.filter(fits) }];
};

const forUsers: FixtureAnswer = [403, errorOf("ACCESS_DENIED")];

/** Answers what is asked on the centre's own pages: duty, messages, gateways, quarantine, users, the audit log. */
export const answerDesk = (request: FixtureRequest): FixtureAnswer => {
  const { method, path, query, account } = request;
  const mayUsers = account.role === "administrator" || account.role === "auditor";
  const register = /^\/api\/v1\/register\/(officers|absences)$/.exec(path)?.[1];
  if (method === "GET" && register !== undefined) return [200, { entries: sampleRegister()[register], next: null }];
  switch (`${method} ${path}`) {
    case "GET /api/v1/duty":
      return [200, sampleDutyView(query.get("at"))];
    case "GET /api/v1/messages":
      return messages(request);
    case "GET /api/v1/gateways":
      return [200, sampleGateways()];
    case "GET /api/v1/quarantine":
      return account.role === "inspector" ? forUsers : [200, sampleQuarantine()];
    case "GET /api/v1/sites":
      return [200, sampleSites()];
    case "GET /api/v1/reports":
      return [200, sampleReport()];
    case "GET /api/v1/reports/kept":
      return [200, sampleKeptReports()];
    case "GET /api/v1/users":
      return mayUsers ? [200, { users: sampleUsers() }] : forUsers;
    case "POST /api/v1/users":
      return [200, { user: sampleUsers()[1], oneTimePassword: "koru-7281-fasi" }];
    case "GET /api/v1/audit":
      return mayUsers ? [200, sampleAudit()] : forUsers;
    case "GET /api/v1/audit/verification":
      return [200, { ok: true, entries: 48, withheld: 0, head: { n: 48, h: "9f".repeat(32) }, fault: null }];
    case "POST /api/v1/register/changes":
      return [200, { change: 12, counts: {}, findings: [], findingsTotal: 0 }];
    default:
      return undefined;
  }
};
