import type { CityMap, WallDevices } from "@mingcheng/protocols";
import { minuteOf } from "../../register/model/validity.ts";
import { SeenEntries } from "../../register/seen-entries.ts";
import { DayCounter, nothingCounted } from "../queries/day-counter.ts";
import { deviceState } from "../queries/device-query.ts";
import { gatewaySummaries } from "../queries/gateway-query.ts";
import { isoTime, isoTimeOrNull } from "../queries/read-stores.ts";
import type { WallAsked } from "./wall-asked.ts";

/** No map has more; a plan of a market has some hundreds. */
const mostFeatures = 5_000;

type Feature = CityMap["features"][number];
type Asked = Pick<WallAsked, "register" | "places" | "cover" | "nowMs">;

interface ShapeRow extends Pick<Feature, "place" | "code" | "name" | "sort"> {
  readonly shape: string;
  readonly valid_from: number;
  readonly valid_to: number;
}

const valid = (table: string): string =>
  `${table}.until_change IS NULL AND ${table}.valid_from <= :minute AND :minute < ${table}.valid_to`;
const shapes = (place: Feature["place"], name: string, sort: string): string =>
  `SELECT place, geometry.code, shape, ${name} AS name, ${sort} AS sort, geometry.valid_from, geometry.valid_to
   FROM geometry JOIN ${place} AS named ON named.code = geometry.code AND ${valid("named")}
   WHERE place = '${place}' AND ${valid("geometry")}`;
const citySql = `${shapes("area", "named.name", "level")} UNION ALL ${shapes("site", "named.name", "type")}`;
const planSql = `${shapes("stall", "label", "trade")} AND named.site = :site`;

const read = (rows: Iterable<ShapeRow>, sees: (row: ShapeRow) => boolean): Feature[] => {
  const features: Feature[] = [];
  for (const row of rows) {
    if (features.length >= mostFeatures) break;
    const { place, code, name, sort } = row;
    if (sees(row)) features.push({ place, code, name, sort, shape: JSON.parse(row.shape) as Feature["shape"] });
  }
  return features;
};

/** What is drawn now of what somebody sees: areas and sites, or the stalls of a site. */
export const mapView = ({ register, places, cover, nowMs }: Asked, site: string | null): CityMap => {
  const minute = minuteOf(nowMs);
  const seen = new SeenEntries(register, places.index(), cover, minute);
  const rows = register
    .prepare(site === null ? citySql : planSql)
    .iterate({ minute, ...(site === null ? {} : { site }) });
  return {
    asOf: isoTime(nowMs),
    features: read(rows as Iterable<ShapeRow>, (row) => seen.sees("geometries", { ...row })),
  };
};

const devicesSql = `SELECT device.id, gw, dev, class, status, last_at_ms AS lastMs, weighings, tests, grams,
    without_grams AS withoutGrams, scale_events AS scaleEvents FROM device
  LEFT JOIN rollup ON rollup.period = 'day' AND rollup.start_ms = :fromMs AND rollup.device = device.id
  WHERE class <> 'gateway' ORDER BY gw, dev`;

interface SiteDeviceRow {
  readonly id: number;
  readonly gw: string;
  readonly dev: string;
  readonly class: WallDevices["devices"][number]["class"];
  readonly status: Parameters<typeof deviceState>[0];
  readonly lastMs: number | null;
  readonly weighings: number | null;
  readonly tests: number | null;
  readonly grams: string | null;
  readonly withoutGrams: number | null;
  readonly scaleEvents: number | null;
}

const wholeOf = ({ weighings, grams, withoutGrams, tests, scaleEvents }: SiteDeviceRow) =>
  weighings === null
    ? nothingCounted
    : {
        ...{ weighings, grams: grams ?? "0", withoutGrams: withoutGrams ?? 0 },
        ...{ tests: tests ?? 0, scaleEvents: scaleEvents ?? 0 },
      };

/** Devices that stand at a site now, as far as they are seen. */
export const siteDevices = (asked: WallAsked, site: string): WallDevices => {
  const { projections, places, cover, nowMs, window } = asked;
  const online = new Map(gatewaySummaries(asked).map((gateway) => [gateway.gw, gateway.online]));
  const rows = projections.prepare(devicesSql).iterate({ fromMs: window.fromMs }) as Iterable<SiteDeviceRow>;
  const counter = new DayCounter(projections, window, places);
  const devices: WallDevices["devices"] = [];
  // Read to the end first: counting asks the same connection.
  for (const row of [...rows]) {
    const { id, gw, dev, class: sort, status, lastMs } = row;
    if (places.attribution(gw, dev, nowMs).site !== site || !places.sees(cover, gw, dev, nowMs)) continue;
    const { weighings, tests } = counter.count(
      { id, gw, dev, whole: wholeOf(row) },
      (at) => at.site === site && cover.covers(at),
    );
    devices.push({
      ...{ gw, dev, class: sort, state: deviceState(status, online.get(gw) ?? null) },
      ...{ stall: places.view(gw, dev, nowMs)?.stall ?? null, lastAt: isoTimeOrNull(lastMs) },
      ...{ weighings, tests },
    });
  }
  return { asOf: isoTime(nowMs), devices };
};
