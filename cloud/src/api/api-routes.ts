import { z } from "zod";
import { type AlertActRoutePorts, alertActRoutes } from "./alert-act-routes.ts";
import { type AlertRoutePorts, alertRoutes } from "./alert-routes.ts";
import { type ApiRoute, defineRoute } from "./api-route.ts";
import { type AuditRoutePorts, auditRoutes } from "./audit-routes.ts";
import { cameraFileRoutes } from "./camera-file-routes.ts";
import { type CameraRoutePorts, cameraRoutes } from "./camera-routes.ts";
import { type CommandRoutePorts, commandRoutes } from "./command-routes.ts";
import { dutyRoutes } from "./duty-routes.ts";
import { type EventsRoutePorts, eventsRoute } from "./events-route.ts";
import { type EvidenceRoutePorts, evidenceRoutes } from "./evidence-routes.ts";
import { type ExportRoutePorts, exportRoutes } from "./export-routes.ts";
import { openApiDocument } from "./open-api.ts";
import { type PersonRoutePorts, personRoutes } from "./person-routes.ts";
import { pictureRoutes } from "./picture-routes.ts";
import { readingRoutes } from "./reading-routes.ts";
import { type RegisterRoutePorts, registerRoutes } from "./register-routes.ts";
import { type ReportRoutePorts, reportRoutes } from "./report-routes.ts";
import { type RetentionRoutePorts, retentionRoutes } from "./retention-routes.ts";
import { type SessionRoutePorts, sessionRoutes } from "./session-routes.ts";
import { type SiteRoutePorts, siteRoutes } from "./site-routes.ts";
import { siteViewRoutes } from "./site-view-routes.ts";
import { type UserRoutePorts, userRoutes } from "./user-routes.ts";
import { wallRoutes } from "./wall-routes.ts";

/** What the routes of the API work with. */
export interface ApiPorts
  extends SessionRoutePorts,
    AlertRoutePorts,
    AlertActRoutePorts,
    EventsRoutePorts,
    RegisterRoutePorts,
    EvidenceRoutePorts,
    ExportRoutePorts,
    ReportRoutePorts,
    SiteRoutePorts,
    UserRoutePorts,
    CommandRoutePorts,
    RetentionRoutePorts,
    PersonRoutePorts,
    CameraRoutePorts,
    AuditRoutePorts {
  /** Of this program, for the description. */
  readonly version: string;
}

/** Every route of the API. A new one is a line here. */
export const apiRoutes = (ports: ApiPorts): readonly ApiRoute[] => {
  const described = [
    ...sessionRoutes(ports),
    ...readingRoutes(ports.reader),
    ...alertRoutes(ports),
    ...alertActRoutes(ports),
    ...dutyRoutes(ports),
    ...pictureRoutes(ports),
    ...registerRoutes(ports),
    ...evidenceRoutes(ports),
    ...exportRoutes(ports),
    ...siteRoutes(ports),
    ...siteViewRoutes(ports),
    ...reportRoutes(ports),
    ...userRoutes(ports),
    ...auditRoutes(ports),
    ...retentionRoutes(ports),
    ...personRoutes(ports),
    ...commandRoutes(ports),
    ...cameraRoutes(ports),
    ...cameraFileRoutes(ports),
    ...wallRoutes(ports),
    eventsRoute(ports),
  ];
  let document: Record<string, unknown> | undefined;
  const description = defineRoute({
    method: "GET",
    path: "/api/v1/openapi.json",
    summary: { zh: "本接口的说明（OpenAPI）", en: "Description of this API (OpenAPI)" },
    access: "public",
    scope: "none",
    answer: z.record(z.string(), z.unknown()),
    handle: () => {
      document ??= openApiDocument([...described, description], ports.version) as Record<string, unknown>;
      return document;
    },
  });
  return [...described, description];
};
