import { type SeriesMeasurement, type SeriesMeasurementName, seriesLayout } from "@mingcheng/protocols";
import { createRandom, type Random } from "../src/random.ts";

/** Points of one retention policy as line protocol, times in milliseconds. */
export interface PointBatch {
  readonly retention: "autogen" | "long";
  readonly lines: readonly string[];
}

/** What a year is made for. */
export interface PilotYear {
  readonly nowMs: number;
  readonly days: number;
  /** Days of single weighings, sales and samples; rollups are made for all days. */
  readonly rawDays: number;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/** Midnight in China. */
const chinaMs = 8 * hourMs;

/** docs: a pilot is 3 markets with 120 stalls each, 50 sales a stall and day, two testers and 20 cameras a market. */
const pilot = { sites: 3, scales: 120, salesPerDay: 50, testsPerDay: 28, cameras: 20, items: 60 } as const;
const siteNames = ["松柏农贸市场", "宁宝农贸市场", "中埔农贸市场"] as const;
const opensAtHour = 6;
const openHours = 13;

type Tags = Readonly<Record<string, string>>;
/** Values by field; null: the point does not have it. */
type Values = Readonly<Record<string, number | string | null>>;

const layout: Readonly<Record<string, SeriesMeasurement>> = seriesLayout;

const place = (site: number): Tags => ({
  ...{ city: "lujiang", city_name: "鹭江市", district: site < 2 ? "sinan" : "hubei" },
  ...{
    district_name: site < 2 ? "思南区" : "湖北区",
    site: `site-${site}`,
    site_name: siteNames[site] ?? `市场${site}`,
  },
});

const prefixes = new Map<string, string>();

/** Measurement and tags as the layout orders them; what a measurement has no tag for is left out. */
const prefixOf = (name: SeriesMeasurementName, tags: Tags): string => {
  const key = name + Object.values(tags).join("|");
  let prefix = prefixes.get(key);
  if (prefix === undefined) {
    const own = (layout[name]?.tags ?? []).filter((tag) => tags[tag] !== undefined);
    prefix = `${name}${own.map((tag) => `,${tag}=${tags[tag]}`).join("")}`;
    prefixes.set(key, prefix);
  }
  return prefix;
};

/** A line with every field of the layout: as given, else 0 or an empty text. */
const line = (name: SeriesMeasurementName, tags: Tags, values: Values, atMs: number): string => {
  let fields = "";
  for (const [field, { type }] of Object.entries(layout[name]?.fields ?? {})) {
    const given = values[field];
    if (given === null) continue;
    const value = given ?? (type === "string" ? "" : 0);
    fields += `${fields === "" ? "" : ","}${field}=${type === "string" ? `"${value}"` : type === "integer" ? `${value}i` : value}`;
  }
  return `${prefixOf(name, tags)} ${fields} ${atMs}`;
};

const at = (dayStartMs: number, share: number): number =>
  Math.floor(dayStartMs + opensAtHour * hourMs + share * openHours * hourMs);

const itemTags = (item: number): Tags => ({
  ...{ category: item % 3 === 0 ? "水产" : "蔬菜", item: `i${item}`, item_name: `品种${item}` },
});

interface Day {
  readonly startMs: number;
  readonly nowMs: number;
  readonly withRaw: boolean;
  readonly random: Random;
}

const tradeOfSite = function* (site: number, { startMs, nowMs, withRaw, random }: Day): Generator<PointBatch> {
  const raw: string[] = [];
  const long: string[] = [];
  const hours = new Map<number, number>();
  for (let scale = 0; scale < pilot.scales; scale++) {
    const tags = { ...place(site), stall: `A${scale}`, gw: `gw-${site}`, dev: `scale-${scale}` };
    const sales = pilot.salesPerDay - 10 + random.below(20);
    let done = 0;
    for (let sale = 0; sale < sales; sale++) {
      const ms = at(startMs, (sale + random.next()) / sales);
      if (ms > nowMs) break;
      done++;
      hours.set(Math.floor(ms / hourMs), (hours.get(Math.floor(ms / hourMs)) ?? 0) + 1);
      if (!withRaw) continue;
      raw.push(line("weighing", { ...tags, mode: "net" }, { weighings: 1, mass_mg: 500_000, lsn: sale }, ms));
      raw.push(line("sale", { ...tags, type: "sale" }, { sales: 1, amount_fen: 800, lsn: sale }, ms));
      raw.push(
        line("sale_line", { ...tags, category: "蔬菜" }, { lines: 1, amount_fen: 800, item: "i1", lsn: sale }, ms),
      );
    }
    if (done === 0) continue;
    const sums = {
      weighings: done,
      mass_mg: done * 500_000,
      tares: 1,
      sales: done,
      amount_fen: done * 800,
      mismatches: 1,
    };
    long.push(line("weighing_day", tags, sums, startMs), line("sale_day", tags, sums, startMs));
    if (random.chance(0.2))
      long.push(line("scale_event_day", { ...tags, state: "calibrated" }, { events: 1 }, startMs));
  }
  for (const [hour, n] of hours) {
    const sums = { weighings: n, mass_mg: n * 500_000, sales: n, amount_fen: n * 800, mismatches: 1, refunds: 1 };
    long.push(
      line("weighing_hour", place(site), sums, hour * hourMs),
      line("sale_hour", place(site), sums, hour * hourMs),
    );
  }
  for (let item = 0; item < pilot.items; item++) {
    const sums = { lines: 100, mass_mg: 5e7, amount_fen: 80_000 + random.below(9_000) };
    long.push(line("sale_item_day", { ...place(site), ...itemTags(item) }, sums, startMs));
  }
  yield { retention: "autogen", lines: raw };
  yield { retention: "long", lines: long };
};

const testsOfSite = function* (site: number, { startMs, nowMs, random }: Day): Generator<PointBatch> {
  const raw: string[] = [];
  const long: string[] = [];
  for (let test = 0; test < pilot.testsPerDay; test++) {
    const ms = at(startMs, test / pilot.testsPerDay);
    if (ms > nowMs) break;
    const positive = random.chance(0.02) ? 1 : 0;
    const counts = { tests: 1, positive, negative: 1 - positive };
    const tags = { ...place(site), gw: `gw-${site}`, dev: `tester-${test % 2}`, ...itemTags(test) };
    raw.push(
      line(
        "test",
        tags,
        { ...counts, verdict: positive === 1 ? "positive" : "negative", assay: "有机磷", lsn: test },
        ms,
      ),
    );
    long.push(line("test_item_day", { ...place(site), ...itemTags(test) }, counts, startMs));
    if (test % 2 === 0)
      long.push(line("test_hour", place(site), { ...counts, tests: 2 }, Math.floor(ms / hourMs) * hourMs));
  }
  yield { retention: "autogen", lines: raw };
  yield { retention: "long", lines: long };
};

const eventsOfSite = function* (site: number, { startMs, nowMs, random }: Day): Generator<PointBatch> {
  const raw: string[] = [];
  const long: string[] = [];
  for (let camera = 0; camera < pilot.cameras; camera++) {
    const tags = {
      ...place(site),
      gw: `gw-${site}`,
      dev: `camera-${camera}`,
      zone: "sale",
      event: "state",
      class: "camera",
    };
    const ms = at(startMs, random.next());
    if (ms > nowMs) continue;
    raw.push(
      line("camera", tags, { events: 1, live: 1, state: "live" }, ms),
      line("device", tags, { changes: 1, online: 1 }, ms),
    );
    long.push(line("camera_day", tags, { events: 1 }, startMs));
    long.push(line("device_hour", tags, { changes: 1 }, Math.floor(ms / hourMs) * hourMs));
  }
  for (let alert = 0; alert < 8; alert++) {
    const ms = at(startMs, alert / 8 + random.next() / 10);
    if (ms > nowMs) continue;
    const tags = {
      ...place(site),
      gw: `gw-${site}`,
      rule: `rule-${alert % 5}`,
      severity: "attention",
      tier: "station",
    };
    const words = {
      ...{ response_ms: null, handling_ms: null, entries: 1 },
      state: "firing",
      reason: "condition-met",
      title: "快检阳性（待复检）",
      alert: `${startMs}-${alert}`,
    };
    const entry = (values: Values, afterMs: number): number =>
      raw.push(line("alert", tags, { ...words, ...values }, ms + afterMs));
    entry({ fired: 1 }, 0);
    entry({ acknowledged: 1, response_ms: random.below(3_600_000) }, 1);
    entry({ ended: 1, handling_ms: random.below(9_000_000) }, 2);
  }
  if (random.chance(0.1))
    raw.push(line("record_gap", { ...place(site), gw: `gw-${site}` }, { gaps: 1, lost: 3 }, at(startMs, 0.5)));
  yield { retention: "autogen", lines: raw };
  yield { retention: "long", lines: long };
};

const devices = { scale: pilot.scales, tester: 2, camera: pilot.cameras } as const;

/** Samples of a minute, or with `_10m` what those of ten minutes came to. */
const samplesAt = (ms: number, random: Random, span: "" | "_10m" = ""): string[] => {
  const lines: string[] = [];
  for (let site = 0; site < pilot.sites; site++) {
    const here = place(site);
    const health = {
      online: 1,
      pending_records: random.below(40),
      rss_bytes: 9e7,
      cpu_percent: 3.5,
      disk_free_bytes: 2e10,
      devices: 142,
    };
    lines.push(
      line(
        `gateway${span}`,
        { ...here, gw: `gw-${site}` },
        { ...health, devices_online: 140, clock_error_ms: 12.5 },
        ms,
      ),
    );
    for (const [kind, total] of Object.entries(devices)) {
      lines.push(line(`fleet${span}`, { ...here, class: kind }, { total, online: total - 1, silent: 1 }, ms));
    }
    lines.push(line(`camera_fleet${span}`, here, { total: pilot.cameras, live: pilot.cameras - 1, frozen: 1 }, ms));
    for (const severity of ["notice", "attention", "alarm"]) {
      lines.push(
        line(
          `alert_open${span}`,
          { ...here, severity },
          { open: 2, firing: 1, acknowledged: 1, oldest_ms: 60_000 },
          ms,
        ),
      );
    }
  }
  const intake = {
    records: 60,
    batches: 50,
    gateways_connected: 3,
    gateways_known: 3,
    rss_bytes: 2e8,
    as_of_ms: ms,
    cpu_percent: 4.5,
  };
  lines.push(line(`ingest${span}`, {}, intake, ms));
  return lines;
};

/** How everything stands at an instant: what the feed samples every minute. */
export const standing = (atMs: number): PointBatch => ({
  retention: "autogen",
  lines: samplesAt(atMs, createRandom(atMs)),
});

/** Most lines of a batch. */
const batchLines = 10_000;

const samplesOfDay = function* ({ startMs, nowMs, random }: Day): Generator<PointBatch> {
  let lines: string[] = [];
  for (let ms = startMs; ms < startMs + dayMs && ms <= nowMs; ms += minuteMs) {
    lines.push(...samplesAt(ms, random));
    if (lines.length < batchLines) continue;
    yield { retention: "autogen", lines };
    lines = [];
  }
  yield { retention: "autogen", lines };
};

const spansOfDay = ({ startMs, nowMs, random }: Day): PointBatch => {
  const lines: string[] = [];
  for (let ms = startMs; ms < startMs + dayMs && ms <= nowMs; ms += 10 * minuteMs) {
    lines.push(...samplesAt(ms, random, "_10m"));
  }
  return { retention: "long", lines };
};

/** The points of a pilot, day by day, the newest day up to now: what the feed would have written, and how it sums. */
export const pilotYear = function* ({ nowMs, days, rawDays }: PilotYear): Generator<PointBatch> {
  const random = createRandom(20_261_123);
  const today = Math.floor((nowMs + chinaMs) / dayMs) * dayMs - chinaMs;
  for (let ago = days - 1; ago >= 0; ago--) {
    const day: Day = { startMs: today - ago * dayMs, nowMs, withRaw: ago < rawDays, random };
    for (let site = 0; site < pilot.sites; site++) {
      yield* tradeOfSite(site, day);
      yield* testsOfSite(site, day);
      yield* eventsOfSite(site, day);
    }
    if (day.withRaw) yield* samplesOfDay(day);
    yield spansOfDay(day);
  }
};
