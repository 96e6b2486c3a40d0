import { fewSamples, type Wall, type WallSite } from "@mingcheng/protocols/api";
import type { Statement } from "better-sqlite3";
import { minuteOf } from "../../register/model/validity.ts";
import type { SqliteDatabase } from "../../store/database.ts";
import { type CountedDevice, DayCounter, sumOf } from "../queries/day-counter.ts";
import { deviceState } from "../queries/device-query.ts";
import { gatewaySummaries } from "../queries/gateway-query.ts";
import { isoTime } from "../queries/read-stores.ts";
import { projectedLsn } from "../queries/record-query.ts";
import type { SiteAlerts } from "./wall-alerts.ts";
import type { WallAsked } from "./wall-asked.ts";
import { SoldCounter, testedOfDay, type Verdicts } from "./wall-counts.ts";

/** So many items are listed. */
const listedItems = 200;

interface DeviceRow {
  readonly id: number;
  readonly gw: string;
  readonly dev: string;
  readonly class: string;
  readonly status: "online" | "silent" | "offline" | "parked" | null;
  readonly weighings: number | null;
  readonly grams: string | null;
  readonly withoutGrams: number | null;
  readonly tests: number | null;
  readonly scaleEvents: number | null;
  readonly sales: number | null;
  readonly amountFen: number | null;
}

const devicesSql = `SELECT id, gw, dev, class, status, weighings, grams, without_grams AS withoutGrams, tests,
    scale_events AS scaleEvents, sales, amount_fen AS amountFen FROM device
  LEFT JOIN rollup ON rollup.period = 'day' AND rollup.start_ms = :fromMs AND rollup.device = device.id
  WHERE class <> 'gateway'`;

/** What a camera said last of how it stands; by device, the newest first. */
const cameraSql = `SELECT json_extract(body, '$.state') FROM record
  WHERE device = ? AND kind = 'camera' AND json_extract(body, '$.event') = 'state' ORDER BY at_ms DESC, lsn DESC LIMIT 1`;

/** One site while it is counted. */
class SiteTally {
  readonly devices = { all: 0, online: 0 };
  readonly cameras = { all: 0, online: 0 };
  readonly gateways = new Map<string, string | null>();
  readonly verdicts: Verdicts = { tests: 0, positive: 0, suspect: 0 };
  readonly grams: string[] = [];
  weighings = 0;
  sales = 0;
  amountFen = 0;
  alerts: SiteAlerts = { open: 0, firing: 0, alarm: 0 };

  view(code: string | null, name: string, areas: readonly string[]): WallSite {
    const { devices, cameras, weighings, sales, amountFen, alerts, verdicts } = this;
    const away = [...this.gateways.values()].filter((since) => since !== null).sort();
    return {
      ...{ code, name, areas: [...areas], devices, cameras, weighings, sales, amountFen, alerts, ...verdicts },
      gateways: { all: this.gateways.size, away: away.length, awaySince: away[0] ?? null },
      grams: sumOf(this.grams),
    };
  }
}

/** Counts the day site by site. */
class WallCount {
  readonly #asked: WallAsked;
  readonly #sites = new Map<string | null, SiteTally>();
  readonly #counter: DayCounter;
  readonly #sales: SoldCounter;
  readonly #camera: Statement<unknown[]>;

  constructor(asked: WallAsked) {
    this.#asked = asked;
    this.#counter = new DayCounter(asked.projections, asked.window, asked.places);
    this.#sales = new SoldCounter(asked);
    this.#camera = asked.projections.prepare(cameraSql).pluck();
  }

  of(site: string | null): SiteTally {
    const known = this.#sites.get(site);
    if (known !== undefined) return known;
    const made = new SiteTally();
    this.#sites.set(site, made);
    return made;
  }

  get sites(): ReadonlyMap<string | null, SiteTally> {
    return this.#sites;
  }

  /** Sites that a device belonged to in the course of the day, of those that are seen. */
  #sitesOf(gw: string, dev: string): (string | null)[] {
    const { places, cover, window } = this.#asked;
    const stretches = places.stretches(gw, dev, window.fromMs, window.toMs);
    const seen = stretches.filter(({ attribution }) => cover.covers(attribution));
    return [...new Set(seen.map(({ attribution }) => attribution.site))];
  }

  /** Where a device stands now, and what it counted today wherever that was. */
  device(row: DeviceRow, away: ReadonlyMap<string, string | null>): void {
    const { places, cover, nowMs } = this.#asked;
    const { gw, dev } = row;
    if (places.sees(cover, gw, dev, nowMs)) {
      const tally = this.of(places.attribution(gw, dev, nowMs).site);
      const group = row.class === "camera" ? tally.cameras : tally.devices;
      const since = away.get(gw) ?? null;
      group.all++;
      if (this.#isOnline(row, since === null)) group.online++;
      tally.gateways.set(gw, since);
    }
    this.#sold(row);
    if ((row.weighings ?? 0) === 0) return;
    const whole = {
      ...{ weighings: row.weighings ?? 0, grams: row.grams ?? "0", withoutGrams: row.withoutGrams ?? 0 },
      ...{ tests: row.tests ?? 0, scaleEvents: row.scaleEvents ?? 0 },
    };
    const counted: CountedDevice = { id: row.id, gw, dev, whole };
    for (const site of this.#sitesOf(gw, dev)) {
      const { weighings, grams } = this.#counter.count(counted, (attribution) => attribution.site === site);
      const tally = this.of(site);
      tally.weighings += weighings;
      tally.grams.push(grams);
    }
  }

  /** A camera is online while its picture is live, as it said itself. */
  #isOnline({ id, class: sort, status }: DeviceRow, isHeard: boolean): boolean {
    if (sort === "camera") return isHeard && this.#camera.get(id) === "live";
    return deviceState(status, isHeard) === "online";
  }

  #sold({ id, gw, dev, sales, amountFen }: DeviceRow): void {
    if (sales === null || amountFen === null) return;
    for (const sold of this.#sales.sold({ id, gw, dev, whole: { sales, amountFen } })) {
      const tally = this.of(sold.site);
      tally.sales += sold.sales;
      tally.amountFen += sold.amountFen;
    }
  }
}

/** Gateways that are not heard from, and since when. */
const awayOf = (asked: WallAsked): Map<string, string | null> =>
  new Map(
    gatewaySummaries(asked).map(({ gw, online, since, enrolledAt }) => [
      gw,
      online === true ? null : (since ?? enrolledAt ?? isoTime(asked.window.fromMs)),
    ]),
  );

/** The share of positives first; where there are too few samples to speak of one, behind. */
const worstFirst = (one: Verdicts, other: Verdicts): number => {
  const few = ({ tests }: Verdicts): number => Number(tests < fewSamples);
  const found = ({ positive, suspect }: Verdicts): number => positive + suspect;
  return few(one) - few(other) || found(other) / other.tests - found(one) / one.tests || other.tests - one.tests;
};

/** Names of sites as the register has them now; those without one under their code. */
const namesOf = (register: SqliteDatabase, nowMs: number): ReadonlyMap<string, string> => {
  const minute = minuteOf(nowMs);
  const rows = register
    .prepare("SELECT code, name FROM site WHERE until_change IS NULL AND valid_from <= ? AND ? < valid_to")
    .all(minute, minute) as { code: string; name: string }[];
  return new Map(rows.map(({ code, name }) => [code, name]));
};

/** The business day as a wall shows it. */
export const wallView = (asked: WallAsked): Wall => {
  const { projections, window, nowMs, alerts, timezone, head, cover, places } = asked;
  const count = new WallCount(asked);
  const away = awayOf(asked);
  const names = namesOf(asked.register, nowMs);
  // Every site that is seen is there, whether or not it did anything.
  for (const code of names.keys()) if (cover.covers(places.index().site(code, minuteOf(nowMs)))) count.of(code);
  for (const row of projections.prepare(devicesSql).iterate({ fromMs: window.fromMs }) as Iterable<DeviceRow>) {
    count.device(row, away);
  }
  const items = new Map<string | null, Verdicts>();
  for (const { site, item, verdict, n } of testedOfDay(asked)) {
    const ofItem = items.get(item) ?? { tests: 0, positive: 0, suspect: 0 };
    items.set(item, ofItem);
    for (const tally of [ofItem, count.of(site).verdicts]) {
      tally.tests += n;
      if (verdict === "positive" || verdict === "suspect") tally[verdict] += n;
    }
  }
  for (const [site, ofSite] of alerts?.bySite ?? []) count.of(site).alerts = ofSite;
  return {
    ...{ asOf: isoTime(nowMs), day: window.day, timezone, from: isoTime(window.fromMs), to: isoTime(window.toMs) },
    ...{ lsn: projectedLsn(projections), head, alerts: alerts?.view ?? null },
    sites: [...count.sites].map(([code, tally]) => {
      if (code === null) return tally.view(null, "", []);
      return tally.view(code, names.get(code) ?? code, places.index().site(code, minuteOf(nowMs)).areas);
    }),
    items: [...items]
      .map(([item, verdicts]) => ({ item, ...verdicts }))
      .sort((one, other) => worstFirst(one, other) || (one.item ?? "").localeCompare(other.item ?? ""))
      .slice(0, listedItems),
  };
};
