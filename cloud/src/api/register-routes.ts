import { isCode } from "@mingcheng/protocols";
import {
  type AttributionView,
  attributionQuerySchema,
  attributionSchema,
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
} from "@mingcheng/protocols/api";
import { z } from "zod";
import type { Audit, AuditValue } from "../audit/audit-event.ts";
import { findAttribution } from "../register/attribution/find-attribution.ts";
import type { PlaceFinder } from "../register/attribution/place-finder.ts";
import type { ChangeOutcome } from "../register/change/apply-change.ts";
import { kindNamed } from "../register/model/kinds.ts";
import type { RegisterKind } from "../register/model/register-kind.ts";
import { minuteOf, type ZoneClock } from "../register/model/validity.ts";
import { RegisterDesk } from "../register/register-desk.ts";
import { RegisterReader } from "../register/register-reader.ts";
import { SeenEntries } from "../register/seen-entries.ts";
import type { SqliteDatabase } from "../store/database.ts";
import type { Cover } from "../users/cover.ts";
import type { Doer } from "../users/user-register.ts";
import { ApiFailure } from "./api-failure.ts";
import { type ApiRoute, defineRoute, whoOf } from "./api-route.ts";

/** What the routes of the register work with. */
export interface RegisterRoutePorts {
  /** A connection that may write. */
  readonly register: SqliteDatabase;
  readonly clock: ZoneClock;
  readonly places: PlaceFinder;
  readonly audit: Audit;
  readonly nowMs: () => number;
}

/** Kinds with data of persons: whoever looks at them is noted. */
const personalKinds: ReadonlySet<string> = new Set(["vendors", "officers", "duties", "absences"]);

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
  { register, clock, audit, nowMs }: RegisterRoutePorts,
  { note, ...asked }: RegisterChangeRequest,
  by: Doer,
): z.infer<typeof registerOutcomeSchema> => {
  const desk = new RegisterDesk(register, clock);
  const origin = { by: by.actor, address: by.address ?? null, source: "api", note, atMs: nowMs(), audit };
  const outcome: ChangeOutcome = desk.change(asked, origin);
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
    handle: (call) => change(ports, call.body, whoOf(call)),
  }),
];

const seenBy = ({ register, places, nowMs }: RegisterRoutePorts, cover: Cover): SeenEntries =>
  new SeenEntries(register, places.index(), cover, minuteOf(nowMs()));

const entryRoutes = (ports: RegisterRoutePorts, reader: RegisterReader): ApiRoute[] => {
  const noteView = (call: Parameters<typeof whoOf>[0], kind: string, detail: Readonly<Record<string, AuditValue>>) => {
    if (!personalKinds.has(kind)) return;
    ports.audit.append({ ...whoOf(call), action: "register.viewed", subject: `register:${kind}`, detail });
  };
  return [
    defineRoute({
      method: "GET",
      path: "/api/v1/register/:kind",
      summary: { zh: "登记册条目", en: "Entries of a kind, as of a time or all" },
      access: readers,
      scope: "area",
      params: pathSchema,
      query: registerQuerySchema,
      answer: registerPageSchema,
      handle: (call) => {
        const { params, query, cover } = call;
        const page = reader.page(kindOf(params.kind), seenBy(ports, cover), query);
        const { column = null, value = null, after } = query;
        noteView(call, params.kind, { column, value, after, entries: page.entries.length });
        return page;
      },
    }),
    defineRoute({
      method: "GET",
      path: "/api/v1/register/:kind/history",
      summary: { zh: "条目的历史", en: "All that was ever said of an entry's key" },
      access: readers,
      scope: "area",
      params: pathSchema,
      query: registerHistoryQuerySchema,
      answer: registerHistorySchema,
      handle: (call) => {
        const { params, query, cover } = call;
        const history = reader.history(kindOf(params.kind), seenBy(ports, cover), query.id);
        if (history === undefined) throw new ApiFailure("NOT_FOUND", "there is no such entry", { field: "id" });
        noteView(call, params.kind, { id: query.id, entries: history.entries.length });
        return history;
      },
    }),
  ];
};

/** Where a device stood, for those who see it there; as of a device that is not placed for everybody else. */
const attributionOf = (
  { register, places }: RegisterRoutePorts,
  cover: Cover,
  { gw, dev, at }: z.infer<typeof attributionQuerySchema>,
): AttributionView => {
  places.refresh();
  if (!places.sees(cover, gw, dev, Date.parse(at))) return { stall: null, vendor: null, site: null, areas: [] };
  return findAttribution(register, { gw, dev, minute: minuteOf(Date.parse(at)) });
};

/** The register: kinds, entries at a time, their history, changes, and where a device stood. */
export const registerRoutes = (ports: RegisterRoutePorts): ApiRoute[] => {
  const reader = new RegisterReader(ports.register);
  return [
    defineRoute({
      method: "GET",
      path: "/api/v1/register",
      summary: { zh: "登记册的类别", en: "Kinds of the register and their columns" },
      access: readers,
      scope: "area",
      answer: registerKindListSchema,
      handle: ({ cover }) => reader.kinds(cover.whole),
    }),
    defineRoute({
      method: "GET",
      path: "/api/v1/register/attribution",
      summary: { zh: "设备在某一时刻的归属", en: "Where a device stood at a time, and who sold there" },
      access: readers,
      scope: "area",
      query: attributionQuerySchema,
      answer: attributionSchema,
      handle: ({ query, cover }) => attributionOf(ports, cover, query),
    }),
    ...changeRoutes(ports, reader),
    ...entryRoutes(ports, reader),
  ];
};
