import {
  mapQuerySchema,
  mapSchema,
  type UserRole,
  wallActSchema,
  wallDevicesQuerySchema,
  wallDevicesSchema,
  wallListSchema,
  wallPathSchema,
  wallSchema,
  wallToldSchema,
} from "@mingcheng/protocols/api";
import { type ApiRoute, defineRoute, everyRole, sessionOf } from "./api-route.ts";
import type { CentreReader } from "./centre-reader.ts";
import type { EventHub } from "./events/event-hub.ts";

/** What the routes of walls work with. */
export interface WallRoutePorts {
  readonly reader: CentreReader;
  readonly hub: EventHub;
}

/** Who may tell a wall what to show. */
const operators: readonly UserRole[] = ["inspector", "centre", "administrator"];

/** What walls show, and how they are told from afar what to show. */
export const wallRoutes = ({ reader, hub }: WallRoutePorts): ApiRoute[] => [
  defineRoute({
    method: "GET",
    path: "/api/v1/wall",
    summary: {
      zh: "大屏：今日各场所、各品种、待处理预警",
      en: "For walls: the business day by site and item, open alerts",
    },
    access: everyRole,
    scope: "area",
    display: true,
    answer: wallSchema,
    handle: ({ cover }) => reader.wall.wall(cover),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/wall/devices",
    summary: { zh: "大屏：一个场所的设备", en: "For walls: the devices of a site" },
    access: everyRole,
    scope: "area",
    display: true,
    query: wallDevicesQuerySchema,
    answer: wallDevicesSchema,
    handle: ({ query, cover }) => reader.wall.devices(query.site, cover),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/map",
    summary: { zh: "登记册中的地图或场所平面图", en: "The map of the register, or the floor plan of a site" },
    access: everyRole,
    scope: "area",
    display: true,
    query: mapQuerySchema,
    answer: mapSchema,
    handle: ({ query, cover }) => reader.wall.map(query.site ?? null, cover),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/walls",
    summary: { zh: "正在显示、可以遥控的大屏", en: "Walls that are open and can be told something" },
    access: operators,
    scope: "area",
    answer: wallListSchema,
    handle: ({ cover }) => ({ walls: hub.walls(cover) }),
  }),
  defineRoute({
    method: "POST",
    path: "/api/v1/walls/:name/acts",
    summary: { zh: "遥控大屏：换场景、暂停轮播、选中预警、进入场所", en: "Tell a wall what to show" },
    access: operators,
    scope: "area",
    params: wallPathSchema,
    body: wallActSchema,
    answer: wallToldSchema,
    handle: (call) => ({
      walls: hub.tellWall(call.params.name, call.cover, { by: sessionOf(call).user, act: call.body }),
    }),
  }),
];
