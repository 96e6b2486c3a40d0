import {
  attributionQuerySchema,
  attributionSchema,
  isCode,
  type RegisterChangeRequest,
  registerChangeListSchema,
  registerChangeQuerySchema,
  registerChangeRequestSchema,
  registerHistoryQuerySchema,
  registerHistorySchema,
  registerKindListSchema,
  registerKindSchema,
  registerOutcomeSchema,
  registerPageSchema,
  registerQuerySchema,
  type UserRole,
} from "@mingcheng/protocols";
import { z } from "zod";
import { findAttribution } from "../register/attribution/find-attribution.ts";
import type { ChangeOutcome } from "../register/change/apply-change.ts";
import { kindNamed } from "../register/model/kinds.ts";
import type { RegisterKind } from "../register/model/register-kind.ts";
import { minuteOf, type ZoneClock } from "../register/model/validity.ts";
import { RegisterDesk } from "../register/register-desk.ts";
import { RegisterReader } from "../register/register-reader.ts";
import type { SqliteDatabase } from "../store/database.ts";
import { ApiFailure } from "./api-failure.ts";
import { type ApiRoute, defineRoute, sessionOf } from "./api-route.ts";

/** What the routes of the register work with. */
export interface RegisterRoutePorts {
  /** A connection that may write. */
  readonly register: SqliteDatabase;
  readonly clock: ZoneClock;
  readonly nowMs: () => number;
}

/** The register names people and licences: not for everybody who may see today's weighings. */
const readers: readonly UserRole[] = ["centre", "administrator", "auditor"];
const writers: readonly UserRole[] = ["centre", "administrator"];

const kindOf = (name: string): RegisterKind => {
  try {
    return kindNamed(name);
  } catch (error) {
    if (isCode(error, "INPUT_INVALID")) throw new ApiFailure("NOT_FOUND", error.message, { field: "kind" });
    throw error;
  }
};

const pathSchema = z.strictObject({ kind: registerKindSchema });

const change = (
  { register, clock, nowMs }: RegisterRoutePorts,
  { note, ...asked }: RegisterChangeRequest,
  by: string,
): z.infer<typeof registerOutcomeSchema> => {
  const desk = new RegisterDesk(register, clock);
  const outcome: ChangeOutcome = desk.change(asked, { by, source: "api", note, atMs: nowMs() });
  return { ...outcome, counts: { ...outcome.counts }, findings: [...outcome.findings] };
};

const changeRoutes = (ports: RegisterRoutePorts, reader: RegisterReader): ApiRoute[] => [
  defineRoute({
    method: "GET",
    path: "/api/v1/register/changes",
    summary: { zh: "登记册的变更记录", en: "Who changed the register, the newest first" },
    access: readers,
    scope: "centre",
    query: registerChangeQuerySchema,
    answer: registerChangeListSchema,
    handle: ({ query }) => reader.changes(query),
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/register/changes",
    summary: { zh: "更改登记册，整体生效或不改动", en: "Change the register: all of it, or nothing with the reasons" },
    access: writers,
    scope: "centre",
    body: registerChangeRequestSchema,
    answer: registerOutcomeSchema,
    handle: (call) => change(ports, call.body, sessionOf(call).user),
  }),
];

/** The register: kinds, entries at a time, their history, changes, and where a device stood. */
export const registerRoutes = (ports: RegisterRoutePorts): ApiRoute[] => {
  const reader = new RegisterReader(ports.register);
  return [
    defineRoute({
      method: "GET",
      path: "/api/v1/register",
      summary: { zh: "登记册的类别", en: "Kinds of the register and their columns" },
      access: readers,
      scope: "centre",
      answer: registerKindListSchema,
      handle: () => reader.kinds(),
    }),
    defineRoute({
      method: "GET",
      path: "/api/v1/register/attribution",
      summary: { zh: "设备在某一时刻的归属", en: "Where a device stood at a time, and who sold there" },
      access: readers,
      scope: "centre",
      query: attributionQuerySchema,
      answer: attributionSchema,
      handle: ({ query: { gw, dev, at } }) =>
        findAttribution(ports.register, { gw, dev, minute: minuteOf(Date.parse(at)) }),
    }),
    ...changeRoutes(ports, reader),
    defineRoute({
      method: "GET",
      path: "/api/v1/register/:kind",
      summary: { zh: "登记册条目", en: "Entries of a kind, as of a time or all" },
      access: readers,
      scope: "centre",
      params: pathSchema,
      query: registerQuerySchema,
      answer: registerPageSchema,
      handle: ({ params, query }) => reader.page(kindOf(params.kind), query),
    }),
    defineRoute({
      method: "GET",
      path: "/api/v1/register/:kind/history",
      summary: { zh: "条目的历史", en: "All that was ever said of an entry's key" },
      access: readers,
      scope: "centre",
      params: pathSchema,
      query: registerHistoryQuerySchema,
      answer: registerHistorySchema,
      handle: ({ params, query: { id } }) => {
        const history = reader.history(kindOf(params.kind), id);
        if (history === undefined) throw new ApiFailure("NOT_FOUND", "there is no such entry", { field: "id" });
        return history;
      },
    }),
  ];
};
