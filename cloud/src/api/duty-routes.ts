import {
  dutyQuerySchema,
  dutyViewSchema,
  messagePageSchema,
  messageQuerySchema,
  routingViewSchema,
} from "@mingcheng/protocols/api";
import { ApiFailure } from "./api-failure.ts";
import { type ApiRoute, defineRoute, everyRole } from "./api-route.ts";
import type { CentreReader } from "./centre-reader.ts";

/** What the routes of duty work with. */
export interface DutyRoutePorts {
  readonly reader: CentreReader;
}

/** Who is on duty, how alerts are routed, and what people were told. */
export const dutyRoutes = ({ reader }: DutyRoutePorts): ApiRoute[] => [
  defineRoute({
    method: "GET",
    path: "/api/v1/messages",
    summary: { zh: "短信记录和送达状态", en: "Messages to people and what became of them, the latest first" },
    access: everyRole,
    scope: "area",
    query: messageQuerySchema,
    answer: messagePageSchema,
    handle: ({ query, cover }) => reader.messages(query, cover),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/duty",
    summary: { zh: "各场所各层级的值班人员", en: "Who is on duty for each site, at each tier, now or at a time" },
    access: everyRole,
    scope: "area",
    query: dutyQuerySchema,
    answer: dutyViewSchema,
    handle: ({ query, cover }) =>
      reader.duty({ atMs: query.at === undefined ? null : Date.parse(query.at), site: query.site ?? null }, cover),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/routing",
    summary: { zh: "预警分派：层级、时限、限额", en: "Who is told of alerts: tiers, deadlines, limits" },
    access: everyRole,
    scope: "area",
    answer: routingViewSchema,
    handle: () => {
      const routing = reader.routing();
      if (routing === undefined) throw new ApiFailure("NOT_FOUND", "there is no routing yet", { field: "routing" });
      return routing;
    },
  }),
];
