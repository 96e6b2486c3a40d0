import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { type ExportEvidenceRequest, exportRequestSchema } from "@mingcheng/protocols/api";
import type { Audit } from "../audit/audit-event.ts";
import type { PlaceFinder } from "../register/attribution/place-finder.ts";
import { minuteOf } from "../register/model/validity.ts";
import type { SqliteDatabase } from "../store/database.ts";
import type { Cover } from "../users/cover.ts";
import { ApiFailure } from "./api-failure.ts";
import { type ApiRoute, defineRoute, sessionOf, whoOf } from "./api-route.ts";
import type { ExportDesk } from "./exports/export-desk.ts";

/** What the route of evidence works with. */
export interface ExportRoutePorts {
  readonly exports: ExportDesk;
  readonly register: SqliteDatabase;
  readonly places: PlaceFinder;
  readonly audit: Audit;
  readonly nowMs: () => number;
}

/** A gateway and a site that the user sees; one of somebody else is answered like one that nobody has. */
const requireSeen = ({ register, places, nowMs }: ExportRoutePorts, cover: Cover, asked: ExportEvidenceRequest) => {
  const { gateway, site, from, to } = asked;
  const index = places.index();
  const known = register.prepare("SELECT 1 FROM gateway WHERE gw = ?").get(gateway) !== undefined;
  const fromMs = from === undefined ? 0 : Date.parse(from);
  const toMs = (to === undefined ? nowMs() : Date.parse(to)) + 60_000;
  if (!places.seesAnyOf(cover, gateway, fromMs, toMs) || !known) {
    throw new ApiFailure("NOT_FOUND", "there is no such gateway", { field: "body.gateway" });
  }
  if (site === undefined) return;
  const isSite = register.prepare("SELECT 1 FROM site WHERE code = ? LIMIT 1").get(site) !== undefined;
  if (!cover.covers(index.site(site, minuteOf(nowMs()))) || !isSite) {
    throw new ApiFailure("NOT_FOUND", "there is no such site", { field: "body.site" });
  }
};

const note = (audit: Audit, call: Parameters<typeof whoOf>[0], asked: ExportEvidenceRequest): void => {
  const { gateway, site = null, devices, from = null, to = null } = asked;
  const { areas, sites } = sessionOf(call).scope;
  const detail = { site, devices: devices?.join(" ") ?? null, from, to, scope: [...areas, ...sites].join(" ") };
  audit.append({ ...whoOf(call), action: "evidence.exported", subject: `gateway:${gateway}`, detail });
};

/** Evidence as a file. */
export const exportRoutes = (ports: ExportRoutePorts): ApiRoute[] => [
  defineRoute({
    method: "POST",
    path: "/api/v1/exports",
    summary: {
      zh: "导出网关的证据文件；辖区以外的记录仅有摘要",
      en: "The evidence of a gateway as a file; what the user does not see is in it by digest alone",
    },
    access: ["centre", "administrator", "auditor"],
    scope: "area",
    perMinute: 20,
    body: exportRequestSchema,
    answer: "file",
    handle: async (call) => {
      const { body: asked, cover, reply } = call;
      requireSeen(ports, cover, asked);
      const { exports, nowMs } = ports;
      if (!exports.isFree) throw new ApiFailure("RATE_LIMITED", "other exports are under way", { retryAfterMs: 5_000 });
      note(ports.audit, call, asked);
      const gone = new AbortController();
      reply.raw.once("close", () => gone.abort());
      const scope = cover.whole ? null : sessionOf(call).scope;
      const file = await exports.write(asked, scope, { nowMs: nowMs(), signal: gone.signal });
      reply.raw.once("close", () => void file.remove());
      if (gone.signal.aborted) await file.remove();
      const { size } = await stat(file.path);
      void reply
        .header("content-type", "application/octet-stream")
        .header("content-disposition", `attachment; filename="${asked.gateway}.mcx"`)
        .header("content-length", size)
        .header("cache-control", "no-store")
        .header("x-mingcheng-records", file.records)
        .header("x-mingcheng-withheld", file.withheld)
        .send(createReadStream(file.path));
    },
  }),
];
