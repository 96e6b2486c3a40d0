import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type CityMap,
  mapSchema,
  type Today,
  type Wall,
  type WallAlert,
  type WallSite,
  wallActSchema,
  wallDevicesSchema,
  wallSchema,
} from "@mingcheng/protocols/api";
import { repositoryRoot } from "../../src/harness/repository.ts";
import { errorOf } from "./errors-of.ts";
import type { FixtureAnswer, FixtureRequest } from "./fixture-alerts.ts";

type AlertView = NonNullable<Today["alerts"]>["alerts"][number];

/** Names of the sample city's sites, by code; the areas that each lies in. */
const sites: Readonly<Record<string, readonly [name: string, grid: string]>> = {
  songbai: ["松柏市场", "songbai-01"],
  ningbao: ["宁宝市场", "ningbao-01"],
  zhongpu: ["中埔农贸市场", "zhongpu-01"],
  shiyan: ["实验小学食堂", "songbai-02"],
  binhai: ["滨海中学食堂", "zhongpu-02"],
};

const dueOf = (alert: AlertView): WallAlert["due"] => {
  if (alert.state === "firing" && alert.receiptDueAt) return { act: "receipt", at: alert.receiptDueAt };
  return alert.handlingDueAt ? { act: "handling", at: alert.handlingDueAt } : null;
};

const wallAlertOf = (alert: AlertView): WallAlert => ({
  ...{ id: alert.id, severity: alert.severity, title: alert.title, gw: alert.gw, dev: alert.dev },
  state: alert.state === "acknowledged" || alert.state === "handled" ? alert.state : "firing",
  site: { code: alert.place?.site?.code ?? null, name: alert.site },
  ...{ stall: alert.place?.stall?.label ?? null, firedAt: alert.firedAt },
  ...{
    tier: alert.duty?.tier ?? null,
    role: alert.owner.replace(/^(?:role|user):/, "").replace("wang.li", "inspector"),
  },
  due: dueOf(alert),
});

const states = ["firing", "acknowledged", "handled"];

/** Open ones, those without an answer first, the oldest first, as the centre has them. */
const alertsOf = (today: Today): Wall["alerts"] => {
  if (today.alerts === null) return null;
  const { firing, acknowledged, alerts } = today.alerts;
  const open = alerts
    .filter(({ state }) => states.includes(state))
    .sort(
      (one, other) =>
        states.indexOf(one.state) - states.indexOf(other.state) || one.firedAt.localeCompare(other.firedAt),
    );
  return { firing, acknowledged, handled: 0, first: open.slice(0, 40).map(wallAlertOf) };
};

const siteOf = (code: string, today: Today, isFirst: boolean): WallSite => {
  const [name = code, grid = ""] = sites[code] ?? [];
  const devices = today.devices.filter(({ place }) => place?.site?.code === code);
  const own = (today.alerts?.alerts ?? []).filter(({ place }) => place?.site?.code === code);
  const gateways = today.gateways.filter(({ place }) => place?.site?.code === code);
  const away = gateways.filter(({ online }) => online !== true);
  const { tests, weighings, grams } = today.totals;
  return {
    ...{ code, name, areas: ["lujiang", grid] },
    devices: { all: devices.length, online: devices.filter(({ state }) => state === "online").length },
    cameras: { all: isFirst ? 2 : 0, online: isFirst ? 1 : 0 },
    gateways: { all: gateways.length, away: away.length, awaySince: away[0]?.since ?? null },
    ...(isFirst
      ? { weighings, grams, sales: today.sales.sales, amountFen: today.sales.amountFen }
      : { weighings: 0, grams: "0", sales: 0, amountFen: 0 }),
    ...(isFirst
      ? { tests: tests.all, positive: tests.positive, suspect: tests.suspect }
      : { tests: 0, positive: 0, suspect: 0 }),
    alerts: {
      open: own.length,
      firing: own.filter(({ state }) => state === "firing").length,
      alarm: own.filter(({ severity }) => severity === "alarm").length,
    },
  };
};

/** The same day as a wall shows it. */
export const sampleWall = (today: Today): Wall => ({
  ...{ asOf: today.asOf, day: today.day, timezone: today.timezone, from: today.from, to: today.to },
  ...{ lsn: today.lsn, head: today.head, alerts: alertsOf(today) },
  sites: today.gateways.length === 0 ? [] : Object.keys(sites).map((code, index) => siteOf(code, today, index === 0)),
  items:
    today.totals.tests.all === 0
      ? []
      : [
          { item: "豇豆", tests: 42, positive: 1, suspect: 1 },
          { item: "上海青", tests: 64, positive: 1, suspect: 0 },
          { item: "小白菜", tests: 51, positive: 0, suspect: 0 },
          { item: "韭菜", tests: 9, positive: 1, suspect: 0 },
          { item: "芹菜", tests: 7, positive: 0, suspect: 1 },
          { item: null, tests: 1, positive: 0, suspect: 0 },
        ],
});

interface Shaped {
  readonly place: CityMap["features"][number]["place"];
  readonly code: string;
  readonly shape: CityMap["features"][number]["shape"];
}

/** The shapes of the sample city, from its file. */
const shapes = (): Shaped[] =>
  readFileSync(join(repositoryRoot, "cloud/register-samples/lujiang/geometries.csv"), "utf8")
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const [, place, code, shape] = /^(\w+),([\w-]+),"(.*)",,$/.exec(line) ?? [];
      if (place === undefined || code === undefined || shape === undefined) return [];
      return [{ place, code, shape: JSON.parse(shape.replaceAll('""', '"')) } as Shaped];
    });

const sampleMap = (asOf: string, site: string | null): CityMap => ({
  asOf,
  features: shapes()
    .filter(({ place, code }) => (site === null ? place !== "stall" : place === "stall" && code.startsWith(`${site}-`)))
    .map(({ place, code, shape }) => ({
      ...{ place, code, shape, sort: code === "lujiang" ? "city" : place === "area" ? "grid" : "" },
      name: place === "site" ? (sites[code]?.[0] ?? code) : (code.split("-").at(-1) ?? code).toUpperCase(),
    })),
});

/** What walls were told, and whether the city is drawn. */
export interface FixtureWall {
  readonly told: string[];
  hasMap: boolean;
  cameras: boolean;
}

/** Answers what walls ask for, as the centre does. */
export const answerWall = (
  state: FixtureWall,
  today: Today,
  { method, path, query, body }: FixtureRequest,
): FixtureAnswer => {
  const { asOf } = today;
  if (path === "/api/v1/wall") return [200, wallSchema.parse(sampleWall(today))];
  if (path === "/api/v1/map")
    return [200, mapSchema.parse(state.hasMap ? sampleMap(asOf, query.get("site")) : { asOf, features: [] })];
  if (path === "/api/v1/wall/devices") {
    const devices = today.devices.filter(({ place }) => place?.site?.code === query.get("site"));
    const views = devices.map(({ gw, dev, class: sort, state: stands, place, lastAt, today: counts }) => ({
      ...{ gw, dev, class: sort, state: stands, stall: place?.stall ?? null, lastAt },
      ...{ weighings: counts.weighings, tests: counts.tests },
    }));
    return [200, wallDevicesSchema.parse({ asOf, devices: views })];
  }
  if (path === "/api/v1/walls") return [200, { walls: [{ name: "hall", screens: 1 }] }];
  if (method === "POST" && path === "/api/v1/walls/hall/acts") {
    state.told.push(JSON.stringify(wallActSchema.parse(body)));
    return [200, { walls: 1 }];
  }
  if (path === "/api/v1/cameras") {
    const place = today.devices[0]?.place ?? null;
    const camera = { gw: "market-songbai", channel: "kitchen-1", viewing: "private", place };
    return [200, { cameras: state.cameras ? [camera, { ...camera, channel: "test-room" }] : [] }];
  }
  return path === "/api/v1/cameras/view-tokens" ? [503, errorOf("MEDIA_OFF")] : undefined;
};
