import type { DutyView, RoutingView } from "@mingcheng/protocols";
import type { Roster } from "../../duty/roster.ts";
import type { Routing } from "../../duty/routing/routing.ts";
import { maxAreaDepth } from "../../register/attribution/attribution.ts";
import { minuteOf } from "../../register/model/validity.ts";
import type { SqliteDatabase } from "../../store/database.ts";
import type { Cover } from "../../users/cover.ts";
import { maskedPhone } from "./message-query.ts";
import { isoTime } from "./read-stores.ts";

const tiers = ["operator", "station", "district", "city"] as const;

/** The routing in force, as the thread of alerts keeps it; undefined before its first start. */
export const routingInForce = (alerts: SqliteDatabase): Routing | undefined => {
  const content = alerts.prepare("SELECT content FROM routing_in_force").pluck().get() as string | undefined;
  return content === undefined ? undefined : (JSON.parse(content) as Routing);
};

const clock = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;

/** A routing for people to read. */
export const routingView = (routing: Routing): RoutingView => {
  const { quietHours, digest, grouping, limits, channels, routes, lastResort, name } = routing;
  return {
    ...{ name, lastResort, channels: [...channels], digestAt: clock(digest.atMinute) },
    limits: { ...limits, perOfficer: [...limits.perOfficer], alarm: [...limits.alarm] },
    quietHours: quietHours === null ? null : { from: clock(quietHours.fromMinute), to: clock(quietHours.toMinute) },
    grouping: { by: [...grouping.by], waitMs: grouping.waitMs, intervalMs: grouping.intervalMs },
    routes: routes.map(({ id, level, match, delivery, inform, path, repeatMs }) => ({
      ...{
        id,
        level,
        severities: [...match.severity],
        rules: [...match.rules],
        delivery,
        inform: [...inform],
        repeatMs,
      },
      path: path.map((step) => ({ ...step })),
    })),
  };
};

/** Who answers for the sites that `cover` contains. */
export const dutyView = (
  stores: { readonly register: SqliteDatabase; readonly alerts: SqliteDatabase; readonly roster: Roster },
  asked: { readonly cover: Cover; readonly atMs: number; readonly site: string | null },
): DutyView => {
  const { register, alerts, roster } = stores;
  const { cover, atMs, site } = asked;
  const parent = register
    .prepare("SELECT parent FROM area WHERE code = ? AND until_change IS NULL AND valid_from <= ? AND ? < valid_to")
    .pluck();
  const minute = minuteOf(atMs);
  const areasOf = (area: string): string[] => {
    const areas: string[] = [];
    for (let at: unknown = area; typeof at === "string" && at !== "" && areas.length < maxAreaDepth; ) {
      areas.push(at);
      at = parent.get(at, minute, minute);
    }
    return areas;
  };
  const named = (code: string) => ({ code, name: roster.officer(code, atMs)?.name ?? code });
  const sites = [...roster.sites(atMs).values()].filter(
    ({ code, area }) =>
      (site === null || code === site) && cover.covers({ site: code, areas: areasOf(area), stall: null, vendor: null }),
  );
  const lastResort = routingInForce(alerts)?.lastResort ?? { officer: null, role: "centre" };
  return {
    at: isoTime(atMs),
    sites: sites.map(({ code, name, area }) => ({
      ...{ code, name, area },
      tiers: tiers.map((tier) => {
        const found = roster.find(code, tier, atMs);
        const officer = found?.officer ?? lastResort.officer;
        return {
          ...{
            tier,
            found: found?.tier ?? ("last-resort" as const),
            reason: found?.reason ?? ("nobody-on-duty" as const),
          },
          officer: officer === null ? null : named(officer),
          phone: officer === null ? "" : maskedPhone(roster.officer(officer, atMs)?.phone ?? ""),
          insteadOf: found === undefined || found.insteadOf === null ? null : named(found.insteadOf),
        };
      }),
    })),
    lastResort: { officer: lastResort.officer === null ? null : named(lastResort.officer), role: lastResort.role },
    lastResortAlerts: cover.whole
      ? (alerts
          .prepare(
            `SELECT count(*) FROM care JOIN alert ON alert.id = care.alert
             WHERE care.tier = 'last-resort' AND alert.ended_ms IS NULL`,
          )
          .pluck()
          .get() as number)
      : 0,
  };
};
