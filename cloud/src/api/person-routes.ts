import { isCode } from "@mingcheng/protocols";
import {
  personErasedSchema,
  personErasureSchema,
  personExportSchema,
  personPathSchema,
} from "@mingcheng/protocols/api";
import type { Audit } from "../audit/audit-event.ts";
import { erasePerson } from "../retention/person-erasure.ts";
import { exportPerson } from "../retention/person-export.ts";
import type { SqliteDatabase } from "../store/database.ts";
import { ApiFailure } from "./api-failure.ts";
import { type ApiRoute, defineRoute, whoOf } from "./api-route.ts";

/** What the routes about one person's data work with. */
export interface PersonRoutePorts {
  /** A connection that may write. */
  readonly register: SqliteDatabase;
  /** Null: there are no alerts yet. */
  readonly alertsForReading: () => SqliteDatabase | null;
  readonly audit: Audit;
  readonly nowMs: () => number;
}

const known = <Result>(body: () => Result): Result => {
  try {
    return body();
  } catch (error) {
    if (!isCode(error, "USER_UNKNOWN")) throw error;
    throw new ApiFailure("NOT_FOUND", error.message, { field: "path.code" });
  }
};

/** What the centre holds on one person: shown to that person, and erased when the person asks for it. */
export const personRoutes = ({ register, alertsForReading, audit, nowMs }: PersonRoutePorts): ApiRoute[] => [
  defineRoute({
    method: "GET",
    path: "/api/v1/persons/:code",
    summary: {
      zh: "导出一名人员、经营户或用户的全部数据",
      en: "Everything held on an officer, vendor or user, for that person",
    },
    ...{ access: ["administrator"], scope: "centre" },
    perMinute: 20,
    params: personPathSchema,
    answer: personExportSchema,
    handle: (call) => {
      const { code } = call.params;
      const person = known(() => exportPerson({ register, alerts: alertsForReading() }, code, nowMs()));
      // Noted before anything leaves: what cannot be noted must not happen.
      audit.append({ ...whoOf(call), action: "person.exported", subject: `person:${code}` });
      return JSON.parse(JSON.stringify(person));
    },
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/persons/:code/erase",
    summary: {
      zh: "应本人要求，提前抹去登记册中已失效条目的个人信息",
      en: "Empty what names an officer or vendor in entries that are over, before their period",
    },
    ...{ access: ["administrator"], scope: "centre" },
    params: personPathSchema,
    body: personErasureSchema,
    answer: personErasedSchema,
    handle: (call) => {
      const { code } = call.params;
      const order = { who: whoOf(call), reason: call.body.reason, nowMs: nowMs() };
      return known(() => erasePerson(register, audit, code, order));
    },
  }),
];
