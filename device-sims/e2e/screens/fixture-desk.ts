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
import { sampleDevices, sampleHistory, sampleKinds } from "./sample-register.ts";
import { sampleKeptReports, sampleReport, sampleSites } from "./sample-reports.ts";

const messages = ({ query }: FixtureRequest): FixtureAnswer => {
  const page = sampleMessages();
  const fits = ({ state, officer }: (typeof page.messages)[number]): boolean =>
    (query.get("state") ?? state) === state && (query.get("officer") ?? officer?.code) === officer?.code;
  return [200, { ...page, messages: page.messages.filter(fits) }];
};

const outcome = (change: number | null) => ({ change, counts: {}, findings: [], findingsTotal: 0 });

const forUsers: FixtureAnswer = [403, errorOf("ACCESS_DENIED")];

const answerRegister = ({ method, path, body }: FixtureRequest): FixtureAnswer => {
  if (method === "POST" && /^\/api\/v1\/users\/[^/]+\/officer$/.test(path)) return [200, { user: sampleUsers()[1] }];
  switch (`${method} ${path}`) {
    case "GET /api/v1/register":
      return [200, sampleKinds()];
    case "GET /api/v1/register/devices":
      return [200, sampleDevices()];
    case "GET /api/v1/register/devices/history":
      return [200, sampleHistory()];
    case "POST /api/v1/register/changes": {
      const { put = [], dryRun } = body as { put?: { values: Record<string, string> }[]; dryRun?: boolean };
      if (put[0]?.values["model"] !== "?") return [200, outcome(dryRun === true ? null : 12)];
      const finding = {
        kind: "devices",
        row: 1,
        column: "model",
        code: "VALUE",
        zh: "型号不能是“?”",
        en: "not a model",
      };
      return [200, { ...outcome(null), findings: [finding], findingsTotal: 1 }];
    }
    default:
      return undefined;
  }
};

/** Answers what is asked on the centre's own pages: duty, messages, gateways, quarantine, users, the audit log. */
export const answerDesk = (request: FixtureRequest): FixtureAnswer => {
  const { method, path, query, account } = request;
  const mayUsers = account.role === "administrator" || account.role === "auditor";
  const found = answerRegister(request);
  if (found !== undefined) return found;
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
    case "POST /api/v1/exports":
      return [200, Buffer.from("evidence")];
    default:
      return undefined;
  }
};
