import {
  alertActedSchema,
  alertCloseSchema,
  alertHandleSchema,
  alertPathSchema,
  alertReopenSchema,
  emptyRequestSchema,
  longestSilenceMs,
  type SilenceView,
  silenceListSchema,
  silencePathSchema,
  silenceRequestSchema,
  silenceViewSchema,
  type UserRole,
} from "@mingcheng/protocols/api";
import { type ActOutcome, arriveAt, closeAlert, handleAlert, reopenAlert } from "../alerts/alert-actions.ts";
import { addSilence, endSilence, findSilence, listSilences } from "../alerts/silences.ts";
import type { Audit } from "../audit/audit-event.ts";
import type { SqliteDatabase } from "../store/database.ts";
import type { Cover } from "../users/cover.ts";
import type { Doer } from "../users/user-register.ts";
import { firstOf } from "./alert-routes.ts";
import { ApiFailure } from "./api-failure.ts";
import { type ApiRoute, defineRoute, whoOf } from "./api-route.ts";
import type { CentreReader } from "./centre-reader.ts";

/** What the routes about acts work with. */
export interface AlertActRoutePorts {
  readonly reader: CentreReader;
  readonly audit: Audit;
  readonly nowMs: () => number;
  /** A connection to the alerts that may write. */
  readonly alertsForWriting: () => SqliteDatabase;
  /** Somebody changed alerts. */
  readonly onAlertsChanged: () => void;
}

const acting: readonly UserRole[] = ["operator", "inspector", "centre", "administrator"];
const closing: readonly UserRole[] = ["inspector", "centre", "administrator"];

const outcomeOf = ({ outcome }: ActOutcome): "done" | "already" => {
  if (outcome === "done" || outcome === "already") return outcome;
  if (outcome === "ended") throw new ApiFailure("ALERT_OVER", "", { field: "id" });
  throw new ApiFailure("NOT_FOUND", "there is no such alert", { field: "id" });
};

interface Deciding {
  readonly act: "arrived" | "handled" | "closed" | "reopened";
  readonly id: string;
  readonly by: Doer;
  readonly cover: Cover;
  readonly decide: (database: SqliteDatabase, act: { id: string; by: string; nowMs: number }) => ActOutcome;
}

/** Lets somebody decide on an alert that they see, with an entry in the audit log. */
const decided = (ports: AlertActRoutePorts, { act, id, by, cover, decide }: Deciding) => {
  const { reader, audit, nowMs } = ports;
  if (reader.alert(id, cover) === undefined)
    throw new ApiFailure("NOT_FOUND", "there is no such alert", { field: "id" });
  const became = decide(ports.alertsForWriting(), { id, by: by.actor, nowMs: nowMs() });
  const outcome = outcomeOf(became);
  ports.onAlertsChanged();
  if (outcome === "done") audit.append({ ...by, action: "alert.decided", subject: `alert:${id}`, detail: { act } });
  const after = reader.alert(id, cover);
  if (after === undefined) throw new ApiFailure("NOT_FOUND", "there is no such alert", { field: "id" });
  return { outcome, alert: after.alert, first: firstOf(became, reader) };
};

const decisionRoutes = (ports: AlertActRoutePorts): ApiRoute[] => [
  defineRoute({
    method: "POST",
    path: "/api/v1/alerts/:id/arrive",
    summary: { zh: "到场", en: "Say that you are on the spot; of two people at once one is first" },
    access: acting,
    scope: "area",
    params: alertPathSchema,
    body: emptyRequestSchema,
    answer: alertActedSchema,
    handle: (call) => {
      const { params, cover } = call;
      const decide: Deciding["decide"] = (database, act) => arriveAt(database, act);
      return decided(ports, { act: "arrived", id: params.id, by: whoOf(call), cover, decide });
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/alerts/:id/handle",
    summary: { zh: "填写现场处置结果", en: "Say what was done on the spot" },
    access: acting,
    scope: "area",
    params: alertPathSchema,
    body: alertHandleSchema,
    answer: alertActedSchema,
    handle: (call) => {
      const { params, body, cover } = call;
      const decide: Deciding["decide"] = (database, act) => handleAlert(database, { ...act, ...body });
      return decided(ports, { act: "handled", id: params.id, by: whoOf(call), cover, decide });
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/alerts/:id/close",
    summary: { zh: "关闭预警，附结果和证据", en: "End an alert, with result and evidence" },
    access: closing,
    scope: "area",
    params: alertPathSchema,
    body: alertCloseSchema,
    answer: alertActedSchema,
    handle: (call) => {
      const { params, body, cover } = call;
      const decide: Deciding["decide"] = (database, act) => closeAlert(database, { ...act, ...body });
      return decided(ports, { act: "closed", id: params.id, by: whoOf(call), cover, decide });
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/alerts/:id/reopen",
    summary: { zh: "重新打开已结束的预警", en: "Open an alert again that was over" },
    access: closing,
    scope: "area",
    params: alertPathSchema,
    body: alertReopenSchema,
    answer: alertActedSchema,
    handle: (call) => {
      const { params, body, cover } = call;
      const decide: Deciding["decide"] = (database, act) => reopenAlert(database, { ...act, ...body });
      return decided(ports, { act: "reopened", id: params.id, by: whoOf(call), cover, decide });
    },
  }),
];

const silenceOf = (ports: AlertActRoutePorts, id: number): SilenceView => {
  const silence = findSilence(ports.alertsForWriting(), id, ports.nowMs());
  if (silence === undefined) throw new ApiFailure("NOT_FOUND", "there is no such silence", { field: "id" });
  return silence;
};

const silenceRoutes = (ports: AlertActRoutePorts): ApiRoute[] => [
  defineRoute({
    method: "GET",
    path: "/api/v1/silences",
    summary: { zh: "静默", en: "Silences, the latest first" },
    access: ["centre", "administrator", "auditor"],
    scope: "centre",
    answer: silenceListSchema,
    handle: () => ({
      asOf: new Date(ports.nowMs()).toISOString(),
      silences: listSilences(ports.alertsForWriting(), ports.nowMs()),
    }),
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/silences",
    summary: { zh: "设置静默：期间只上屏，不通知", en: "Silence what has certain labels: shown, told to nobody" },
    access: ["centre", "administrator"],
    scope: "centre",
    body: silenceRequestSchema,
    answer: silenceViewSchema,
    handle: (call) => {
      const { matchers, from, to, comment } = call.body;
      const nowMs = ports.nowMs();
      const [fromMs, toMs] = [from === undefined ? nowMs : Date.parse(from), Date.parse(to)];
      if (toMs <= nowMs) throw new ApiFailure("INPUT_INVALID", "it would be over already", { field: "to" });
      if (toMs - fromMs > longestSilenceMs) throw new ApiFailure("INPUT_INVALID", "31 days at most", { field: "to" });
      const by = whoOf(call);
      const id = addSilence(ports.alertsForWriting(), { matchers, fromMs, toMs, by: by.actor, comment, nowMs });
      const detail = { act: "silenced", matchers: JSON.stringify(matchers), to };
      ports.audit.append({ ...by, action: "alert.decided", subject: `silence:${id}`, detail });
      ports.onAlertsChanged();
      return silenceOf(ports, id);
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/silences/:id/end",
    summary: { zh: "提前结束静默", en: "End a silence before its time" },
    access: ["centre", "administrator"],
    scope: "centre",
    params: silencePathSchema,
    body: emptyRequestSchema,
    answer: silenceViewSchema,
    handle: (call) => {
      const { id } = call.params;
      const by = whoOf(call);
      const ended = endSilence(ports.alertsForWriting(), { id, by: by.actor, nowMs: ports.nowMs() });
      const silence = silenceOf(ports, id);
      if (!ended) throw new ApiFailure("INPUT_INVALID", "the silence is over", { field: "id" });
      ports.audit.append({ ...by, action: "alert.decided", subject: `silence:${id}`, detail: { act: "unsilenced" } });
      ports.onAlertsChanged();
      return silence;
    },
  }),
];

/** What people decide about alerts beyond taking them over: handled, closed, reopened, silenced. */
export const alertActRoutes = (ports: AlertActRoutePorts): ApiRoute[] => [
  ...decisionRoutes(ports),
  ...silenceRoutes(ports),
];
