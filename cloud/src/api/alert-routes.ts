import {
  type Acknowledged,
  type AlertDetail,
  acknowledgedSchema,
  alertDetailSchema,
  alertListSchema,
  alertPathSchema,
  alertQuerySchema,
  emptyRequestSchema,
} from "@mingcheng/protocols/api";
import type { ActOutcome } from "../alerts/alert-actions.ts";
import type { Cover } from "../users/cover.ts";
import type { Doer } from "../users/user-register.ts";
import { ApiFailure } from "./api-failure.ts";
import { type ApiRoute, defineRoute, everyRole, sessionOf, whoOf } from "./api-route.ts";
import type { CentreReader } from "./centre-reader.ts";

/** What the routes of alerts work with. */
export interface AlertRoutePorts {
  readonly reader: CentreReader;
  /** Takes an alert over for a user. */
  readonly acknowledge: (id: string, by: Doer) => ActOutcome;
}

const known = (reader: CentreReader, id: string, cover: Cover): AlertDetail => {
  const detail = reader.alert(id, cover);
  if (detail === undefined) throw new ApiFailure("NOT_FOUND", "there is no such alert", { field: "id" });
  return detail;
};

const outcomeOf = ({ outcome }: ActOutcome): "done" | "already" => {
  switch (outcome) {
    case "done":
    case "already":
      return outcome;
    case "ended":
      throw new ApiFailure("ALERT_OVER", "", { field: "id" });
    case "unfit":
    case "unknown":
      throw new ApiFailure("NOT_FOUND", "there is no such alert", { field: "id" });
  }
};

/** Who was first, by name where the register knows one; null: this act was. */
export const firstOf = (became: ActOutcome, reader: CentreReader): Acknowledged["first"] => {
  if (became.outcome !== "already") return null;
  const { by, atMs } = became;
  const name = reader.nameOf(by, atMs);
  return { by, ...(name === undefined ? {} : { name }), at: new Date(atMs).toISOString() };
};

/** Alerts, their history, and taking one over. */
export const alertRoutes = ({ reader, acknowledge }: AlertRoutePorts): ApiRoute[] => [
  defineRoute({
    method: "GET",
    path: "/api/v1/alerts",
    summary: { zh: "预警", en: "Alerts that fired: open ones first, then the latest ended" },
    access: everyRole,
    scope: "area",
    query: alertQuerySchema,
    answer: alertListSchema,
    handle: (call) => {
      const { query, cover } = call;
      const { user, role } = sessionOf(call);
      const officers = query.for === "me" ? reader.officersOf(user).map(({ code }) => code) : [];
      const mine = query.for === "me" ? { user, role, officers } : null;
      const { state: which, gateway: gw = null, limit, cursor } = query;
      return reader.alerts({ which, gw, mine, limit, cursor }, cover);
    },
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/alerts/:id",
    summary: { zh: "预警的经过", en: "One alert with its history and notifications" },
    access: everyRole,
    scope: "area",
    params: alertPathSchema,
    answer: alertDetailSchema,
    handle: ({ params, cover }) => known(reader, params.id, cover),
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/alerts/:id/acknowledge",
    summary: { zh: "签收预警", en: "Take an alert over; of two people at once one wins" },
    access: ["operator", "inspector", "centre", "administrator"],
    scope: "area",
    params: alertPathSchema,
    body: emptyRequestSchema,
    answer: acknowledgedSchema,
    handle: (call) => {
      const { params, cover } = call;
      known(reader, params.id, cover);
      const became = acknowledge(params.id, whoOf(call));
      const outcome = outcomeOf(became);
      return { outcome, alert: known(reader, params.id, cover).alert, first: firstOf(became, reader) };
    },
  }),
];
