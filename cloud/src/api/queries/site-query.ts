import type { DeviceView, SiteView } from "@mingcheng/protocols";
import { ViewingStore } from "../../media/viewing-store.ts";
import { minuteOf } from "../../register/model/validity.ts";
import type { SqliteDatabase } from "../../store/database.ts";
import { Cover } from "../../users/cover.ts";
import type { DayWindow } from "./day-window.ts";
import { devicesOfDay } from "./device-query.ts";
import { type GatewaysAsked, gatewaySummaries } from "./gateway-query.ts";
import { testsOfDay, weighingsOfDay } from "./reading-query.ts";

/** So many tests and weighings are listed. */
const mostListed = 20;

const then = "until_change IS NULL AND valid_from <= @minute AND @minute < valid_to";

/** A site of the register that is in force and that `cover` contains; undefined for any other, alike. */
export const seenSite = (
  { register, places, cover, nowMs }: Pick<GatewaysAsked, "register" | "places" | "cover" | "nowMs">,
  code: string,
): SiteView["site"] | undefined => {
  const minute = minuteOf(nowMs);
  const isSeen = cover.covers(places.index().site(code, minute));
  const row = register
    .prepare(
      `SELECT site.code, site.name, type, coalesce(area.name, '') AS area FROM site
       LEFT JOIN area ON area.code = site.area AND area.until_change IS NULL AND area.valid_from <= @minute
         AND @minute < area.valid_to
       WHERE site.code = @code AND site.until_change IS NULL AND site.valid_from <= @minute AND @minute < site.valid_to`,
    )
    .get({ code, minute }) as SiteView["site"] | undefined;
  return isSeen ? row : undefined;
};

/** Gateways of which something stands at a site now. */
const gatewaysAt = (register: SqliteDatabase, site: string, minute: number): string[] =>
  register
    .prepare(
      `SELECT DISTINCT gw FROM placement WHERE ${then} AND (site = @site
         OR stall IN (SELECT code FROM stall WHERE site = @site AND ${then})) ORDER BY gw`,
    )
    .pluck()
    .all({ site, minute }) as string[];

/** What stands at a site and what it said today, read on one snapshot of the projections. Nothing of any other site is in it. */
export const siteReadings = (
  asked: GatewaysAsked & { readonly window: DayWindow },
  site: string,
): Pick<SiteView, "devices" | "tests" | "weighings"> => {
  const { register, projections, places, nowMs, window } = asked;
  const here = { ...asked, cover: Cover.bounded({ areas: [], sites: [site] }) };
  const gateways = gatewaySummaries(here);
  const devices: DeviceView[] = [];
  const tests: SiteView["tests"] = [];
  const weighings: SiteView["weighings"] = [];
  for (const gw of gatewaysAt(register, site, minuteOf(nowMs))) {
    const of = devicesOfDay(projections, { ...here, window, gateways, gw });
    devices.push(...of.devices);
    const total = (kind: "tests" | "weighings"): number => of.devices.reduce((sum, { today }) => sum + today[kind], 0);
    const readings = { ...here, places, window, gw, limit: mostListed, counted: of.counted };
    tests.push(...testsOfDay(projections, { ...readings, total: total("tests") }));
    weighings.push(...weighingsOfDay(projections, { ...readings, total: total("weighings") }));
  }
  const latest = <Reading extends { readonly at: string; readonly lsn: number }>(readings: Reading[]): Reading[] =>
    readings.sort((one, other) => other.at.localeCompare(one.at) || other.lsn - one.lsn).slice(0, mostListed);
  return { devices, tests: latest(tests), weighings: latest(weighings) };
};

/** Cameras of the register that stand at a site now. */
export const camerasAt = (
  { register, places, nowMs }: Pick<GatewaysAsked, "register" | "places" | "nowMs">,
  site: string,
): SiteView["cameras"] => {
  const minute = minuteOf(nowMs);
  const viewing = new ViewingStore(register);
  const cameras = register.prepare(
    `SELECT DISTINCT gw, dev AS channel FROM device WHERE gw = @gw AND class = 'camera' AND ${then} ORDER BY dev`,
  );
  return gatewaysAt(register, site, minute).flatMap((gw) =>
    (cameras.all({ gw, minute }) as { gw: string; channel: string }[])
      .filter(({ channel }) => places.attribution(gw, channel, nowMs).site === site)
      .map((camera) => ({ ...camera, viewing: viewing.of(gw, camera.channel) })),
  );
};
