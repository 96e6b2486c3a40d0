import {
  type AlertDetail,
  acknowledgedSchema,
  alertDetailSchema,
  alertListSchema,
  alertPathSchema,
  alertQuerySchema,
  emptyRequestSchema,
} from "@mingcheng/protocols";
import type { ActOutcome } from "../alerts/alert-actions.ts";
import { ApiFailure } from "./api-failure.ts";
import { type ApiRoute, defineRoute, everyRole, sessionOf } from "./api-route.ts";
import type { CentreReader } from "./centre-reader.ts";

/** What the routes of alerts work with. */
export interface AlertRoutePorts {
  readonly reader: CentreReader;
  /** Takes an alert over for a user. */
  readonly acknowledge: (id: string, by: string) => ActOutcome;
}

const known = (reader: CentreReader, id: string): AlertDetail => {
  const detail = reader.alert(id);
  if (detail === undefined) throw new ApiFailure("NOT_FOUND", "there is no such alert", { field: "id" });
  return detail;
};

const outcomeOf = ({ outcome }: ActOutcome): "done" | "already" => {
  switch (outcome) {
    case "done":
    case "already":
      return outcome;
    case "ended":
      throw new ApiFailure("INPUT_INVALID", "the alert is over", { field: "id" });
    case "unfit":
    case "unknown":
      throw new ApiFailure("NOT_FOUND", "there is no such alert", { field: "id" });
  }
};

/** Alerts, their history, and taking one over. */
export const alertRoutes = ({ reader, acknowledge }: AlertRoutePorts): ApiRoute[] => [
  defineRoute({
    method: "GET",
    path: "/api/v1/alerts",
    summary: { zh: "预警", en: "Alerts that fired: open ones first, then the latest ended" },
    access: everyRole,
    scope: "centre",
    query: alertQuerySchema,
    answer: alertListSchema,
    handle: ({ query }) => reader.alerts({ which: query.state, gw: query.gateway ?? null, limit: query.limit }),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/alerts/:id",
    summary: { zh: "预警的经过", en: "One alert with its history and notifications" },
    access: everyRole,
    scope: "centre",
    params: alertPathSchema,
    answer: alertDetailSchema,
    handle: ({ params }) => known(reader, params.id),
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/alerts/:id/acknowledge",
    summary: { zh: "签收预警", en: "Take an alert over; of two people at once one wins" },
    access: ["operator", "inspector", "centre", "administrator"],
    scope: "centre",
    params: alertPathSchema,
    body: emptyRequestSchema,
    answer: acknowledgedSchema,
    handle: (call) => {
      const outcome = outcomeOf(acknowledge(call.params.id, sessionOf(call).user));
      return { outcome, alert: known(reader, call.params.id).alert };
    },
  }),
];
