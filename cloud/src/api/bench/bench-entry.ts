import { parseArgs } from "node:util";
import pino from "pino";
import { noAudit } from "../../audit/audit-event.ts";
import { loadRouting } from "../../duty/routing/load-routing.ts";
import { AlertsThread } from "../../following/alerts-thread.ts";
import { eventLoopTimers } from "../../following/follower-loop.ts";
import { PlaceFinder } from "../../register/attribution/place-finder.ts";
import { loadRules } from "../../rules/load-rules.ts";
import { Cover } from "../../users/cover.ts";
import { CentreReader } from "../centre-reader.ts";
import { ReadStores } from "../queries/read-stores.ts";
import { fillYear, timezone } from "./fill-year.ts";

/**
 * The screens' part of the queries benchmark: `node bench-entry.js --dir DIR [--days N] [--runs N]`. Fills an empty directory
 * with a year of a pilot and asks everything that the built-in screens ask, every time anew, for somebody who sees the
 * whole centre, a district, and one site. Prints one line of JSON.
 */
interface BenchResult {
  readonly records: number;
  readonly rollups: number;
  readonly queries: number;
  readonly n: number;
  /** Of the query that is slowest by it. */
  readonly p99Ms: number;
  readonly slowest: string;
  readonly seconds: number;
}

/** Six in the evening: the day is nearly over, its tables are as full as they get. */
const nowMs = Date.parse("2026-11-23T18:00:00+08:00");

const judge = async (dataDirectory: string): Promise<void> => {
  const [rules, routing] = await Promise.all([loadRules(null), loadRouting(null)]);
  const ports = {
    ...{ audit: noAudit, channels: [], timers: eventLoopTimers, log: pino({ enabled: false }) },
    ...{ nowMs: () => nowMs, random: Math.random, onAppend: () => undefined, onChange: () => undefined },
  };
  const alerts = new AlertsThread({ dataDirectory, timezone, rules, routing }, ports);
  while (alerts.step().taken > 0);
  await alerts.close();
};

const covers = {
  "the whole centre": Cover.everything,
  "a district": Cover.bounded({ areas: ["sm"], sites: [] }),
  "one site": Cover.bounded({ areas: [], sites: ["s1"] }),
} as const;

/** What each screen asks. */
const asks: Readonly<Record<string, (reader: CentreReader, cover: Cover) => unknown>> = {
  "today: every gateway": (reader, cover) => reader.today(null, cover),
  "today: one gateway": (reader, cover) => reader.today("market-1", cover),
  "trend of the day": (reader, cover) => reader.trend(cover),
  wall: (reader, cover) => reader.wall.wall(cover),
  "map of the city": (reader, cover) => reader.wall.map(null, cover),
  "plan of a site": (reader, cover) => reader.wall.map("s1", cover),
  "devices of a site": (reader, cover) => reader.wall.devices("s1", cover),
  "one site": (reader, cover) => reader.site("s1", cover),
  devices: (reader, cover) => reader.devices(null, cover),
  gateways: (reader, cover) => reader.gateways(cover),
  cameras: (reader, cover) => reader.cameras(cover),
  quarantine: (reader, cover) => reader.quarantine({ limit: 100 }, cover),
  "alerts: open": (reader, cover) => reader.alerts({ which: "open", gw: null, limit: 100 }, cover),
  "alerts: all": (reader, cover) => reader.alerts({ which: "all", gw: null, limit: 100 }, cover),
  messages: (reader, cover) => reader.messages({ limit: 50 }, cover),
  duty: (reader, cover) => reader.duty({ atMs: null, site: "s1" }, cover),
};

const warmUp = 5;

const quantile99 = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(0.99 * sorted.length))] ?? Number.NaN;
};

const { values } = parseArgs({
  options: { dir: { type: "string" }, days: { type: "string" }, runs: { type: "string" } },
});
const { dir, days = "365", runs = "100" } = values;
if (dir === undefined) throw new Error("--dir is missing");
const filled = fillYear({ dataDirectory: dir, nowMs, days: Number(days) });
await judge(dir);
const stores = new ReadStores(dir);
const reader = new CentreReader({
  ...{ stores, timezone, nowMs: () => nowMs },
  places: new PlaceFinder({ database: () => stores.database("register"), version: () => stores.version("register") }),
  onAlertsUnreadable: (error) => {
    throw error;
  },
});
const startedMs = performance.now();
let slowest = { ms: 0, name: "" };
let n = 0;
for (const [coverName, cover] of Object.entries(covers)) {
  for (const [name, ask] of Object.entries(asks)) {
    const times: number[] = [];
    // A centre has been up for a while when a screen asks.
    for (let run = 0; run < warmUp; run++) {
      reader.changed();
      ask(reader, cover);
    }
    for (let run = 0; run < Number(runs); run++) {
      // Nothing that was read before helps: the screens share readings, which is not what is measured here.
      reader.changed();
      const beganMs = performance.now();
      ask(reader, cover);
      times.push(performance.now() - beganMs);
    }
    n += times.length;
    const ms = quantile99(times);
    if (ms > slowest.ms) slowest = { ms, name: `${name}, for ${coverName}` };
  }
}
stores.close();
const result: BenchResult = {
  ...filled,
  queries: Object.keys(asks).length * Object.keys(covers).length,
  n,
  p99Ms: slowest.ms,
  slowest: slowest.name,
  seconds: (performance.now() - startedMs) / 1000,
};
process.stdout.write(`${JSON.stringify(result)}\n`);
