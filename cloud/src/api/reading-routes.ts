import {
  deviceListSchema,
  gatewayListSchema,
  quarantineListSchema,
  quarantineQuerySchema,
  recordPageSchema,
  recordQuerySchema,
  todayQuerySchema,
  todaySchema,
  trendSchema,
} from "@mingcheng/protocols/api";
import { type ApiRoute, defineRoute, everyRole } from "./api-route.ts";
import type { CentreReader } from "./centre-reader.ts";

/** What the centre knows: today, records, devices, gateways, quarantine. */
export const readingRoutes = (reader: CentreReader): ApiRoute[] => [
  defineRoute({
    method: "GET",
    path: "/api/v1/today",
    summary: { zh: "今日市场：设备、称重、快检、预警、网关", en: "The business day so far" },
    access: everyRole,
    scope: "area",
    query: todayQuerySchema,
    answer: todaySchema,
    handle: ({ query, cover }) => reader.today(query.gateway ?? null, cover),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/trend",
    summary: { zh: "今日各小时的称重与快检", en: "The business day so far, hour by hour" },
    access: everyRole,
    scope: "area",
    display: true,
    answer: trendSchema,
    handle: ({ cover }) => reader.trend(cover),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/records",
    summary: { zh: "记录，按账本顺序分页", en: "Records in ledger order, page by page" },
    access: everyRole,
    scope: "area",
    query: recordQuerySchema,
    answer: recordPageSchema,
    handle: ({ query, cover }) => reader.records(query, cover),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/devices",
    summary: { zh: "设备及其最近读数", en: "Devices and what they said last" },
    access: everyRole,
    scope: "area",
    query: todayQuerySchema,
    answer: deviceListSchema,
    handle: ({ query, cover }) => reader.devices(query.gateway ?? null, cover),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/gateways",
    summary: { zh: "网关：在线、待补传、告警、缺口", en: "Gateways: online, pending, alarms, lines, gaps" },
    access: everyRole,
    scope: "area",
    answer: gatewayListSchema,
    handle: ({ cover }) => reader.gateways(cover),
  }),
  defineRoute({
    method: "GET",
    path: "/api/v1/quarantine",
    summary: {
      zh: "隔离区：无法采信或无法读取的内容，含原始字节",
      en: "What could not be believed or read, with its bytes",
    },
    access: ["centre", "administrator", "auditor"],
    scope: "area",
    query: quarantineQuerySchema,
    answer: quarantineListSchema,
    handle: ({ query, cover }) => reader.quarantine(query, cover),
  }),
];
