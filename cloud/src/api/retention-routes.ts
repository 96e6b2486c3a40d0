import { isCode } from "@mingcheng/protocols";
import {
  emptyRequestSchema,
  type HoldRequest,
  type HoldView,
  holdAnswerSchema,
  holdListSchema,
  holdPathSchema,
  holdReleaseSchema,
  holdRequestSchema,
  type RetentionState,
  retentionRunRequestedSchema,
  retentionStateSchema,
  type UserRole,
} from "@mingcheng/protocols/api";
import type { Audit } from "../audit/audit-event.ts";
import { dataClasses, type RetentionSettings } from "../retention/data-classes.ts";
import { HoldBook, type LegalHold } from "../retention/hold-book.ts";
import { endOfTimeMs, HoldDesk } from "../retention/hold-desk.ts";
import { requestRun } from "../retention/retention-schedule.ts";
import type { ClassReport } from "../retention/run-retention.ts";
import type { SqliteDatabase } from "../store/database.ts";
import { ApiFailure } from "./api-failure.ts";
import { type ApiRoute, defineRoute, whoOf } from "./api-route.ts";
import { isoTime } from "./queries/read-stores.ts";

/** What the routes of retention work with. */
export interface RetentionRoutePorts {
  /** A connection that may write. */
  readonly register: SqliteDatabase;
  readonly retention: RetentionSettings;
  readonly audit: Audit;
  readonly nowMs: () => number;
}

const readers: { access: readonly UserRole[]; scope: "centre" } = {
  access: ["administrator", "auditor"],
  scope: "centre",
};
const administrators: { access: readonly UserRole[]; scope: "centre" } = { access: ["administrator"], scope: "centre" };
const shownRuns = 20;

const viewOf = (hold: LegalHold): HoldView => {
  const { id, gw, dev, fromMs, toMs, reason, by, placedMs, releasedMs, releasedBy, releaseReason } = hold;
  return {
    ...{ id, gateway: gw, device: dev, reason, by, placedAt: isoTime(placedMs) },
    from: fromMs <= 0 ? null : isoTime(fromMs),
    to: toMs >= endOfTimeMs ? null : isoTime(toMs),
    released:
      releasedMs === null ? null : { at: isoTime(releasedMs), by: releasedBy ?? "", reason: releaseReason ?? "" },
  };
};

const stateOf = ({ register, retention }: RetentionRoutePorts): RetentionState => {
  const rows = register
    .prepare("SELECT by, began_ms AS began, ended_ms AS ended, result FROM retention_run ORDER BY id DESC LIMIT ?")
    .all(shownRuns) as { by: string; began: number; ended: number; result: string }[];
  const waiting = register.prepare("SELECT count(*) FROM retention_request WHERE done_ms IS NULL").pluck().get();
  const { placed, releases } = new HoldBook(register).version();
  return {
    classes: dataClasses.map(({ name, title, purpose, erasure }) => ({
      ...{ name, title, purpose, erasure, days: retention[`${name}Days`] },
    })),
    ...{ atHour: retention.atHour, holds: placed - releases, waiting: Number(waiting) },
    runs: rows.map(({ by, began, ended, result }) => ({
      ...{ by, beganAt: isoTime(began), endedAt: isoTime(ended), classes: JSON.parse(result) as ClassReport[] },
    })),
  };
};

const holdOf = (register: SqliteDatabase, id: number): { hold: HoldView } => {
  const hold = new HoldBook(register).all().find((one) => one.id === id);
  if (hold === undefined) throw new ApiFailure("NOT_FOUND", "there is no such hold", { field: "path.id" });
  return { hold: viewOf(hold) };
};

const scopeOf = ({ gateway, device, from, to }: HoldRequest) => ({
  ...{ gw: gateway ?? null, dev: device ?? null },
  fromMs: from === undefined ? 0 : Date.parse(from),
  toMs: to === undefined ? endOfTimeMs : Date.parse(to),
});

const holdRoutes = ({ register, audit, nowMs }: RetentionRoutePorts): ApiRoute[] => {
  const desk = new HoldDesk(register, audit);
  return [
    defineRoute({
      method: "GET",
      path: "/api/v1/holds",
      summary: { zh: "法律保全，含已解除的", en: "Legal holds, the oldest first, released ones too" },
      ...readers,
      answer: holdListSchema,
      handle: () => ({ holds: new HoldBook(register).all().map(viewOf) }),
    }),
    defineRoute({
      method: "POST",
      path: "/api/v1/holds",
      summary: { zh: "设置法律保全：其范围内的数据不抹去", en: "Place a legal hold: what it covers is not erased" },
      ...administrators,
      body: holdRequestSchema,
      answer: holdAnswerSchema,
      handle: (call) => {
        const { reason } = call.body;
        const scope = scopeOf(call.body);
        if (scope.fromMs >= scope.toMs) {
          throw new ApiFailure("INPUT_INVALID", "the end is not after the start", { field: "body.to" });
        }
        return holdOf(register, desk.place(scope, { who: whoOf(call), reason, nowMs: nowMs() }));
      },
    }),
    defineRoute({
      method: "POST",
      path: "/api/v1/holds/:id/release",
      summary: { zh: "解除法律保全", en: "Release a hold; what is due goes at the next run" },
      ...administrators,
      params: holdPathSchema,
      body: holdReleaseSchema,
      answer: holdAnswerSchema,
      handle: (call) => {
        const { id } = call.params;
        try {
          desk.release(id, { who: whoOf(call), reason: call.body.reason, nowMs: nowMs() });
        } catch (error) {
          if (!isCode(error, "INPUT_INVALID")) throw error;
          throw new ApiFailure("NOT_FOUND", "there is no such hold in force", { field: "path.id" });
        }
        return holdOf(register, id);
      },
    }),
  ];
};

/** What is kept for how long, what the last runs erased, and what must not be erased. */
export const retentionRoutes = (ports: RetentionRoutePorts): ApiRoute[] => [
  defineRoute({
    method: "GET",
    path: "/api/v1/retention",
    summary: { zh: "各类数据的期限和最近的抹去", en: "Classes of data with their periods, and the last runs" },
    ...readers,
    answer: retentionStateSchema,
    handle: () => stateOf(ports),
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/retention/runs",
    summary: { zh: "要求立即抹去到期数据", en: "Ask for a run now; what came of it stands among the runs" },
    ...administrators,
    body: emptyRequestSchema,
    answer: retentionRunRequestedSchema,
    handle: (call) => {
      const who = whoOf(call);
      const { register, audit, nowMs } = ports;
      return register
        .transaction(() => {
          const request = requestRun(register, who.actor, nowMs());
          audit.append({ ...who, action: "erasure.requested", subject: "data:*", detail: { request } });
          return { request };
        })
        .immediate();
    },
  }),
  ...holdRoutes(ports),
];
