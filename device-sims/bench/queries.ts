import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { asked, type CommittedDashboard, committedDashboards, fault } from "../e2e/grafana/dashboards.ts";
import { fillLedger, startFeed } from "../e2e/timeseries/fed-ledger.ts";
import { type InfluxProcess, startInflux } from "../src/harness/influx-process.ts";
import { builtModule } from "../src/harness/repository.ts";
import { needs } from "../src/harness/requirements.ts";
import { type Bench, type BenchOptions, quantile } from "./bench.ts";
import { pilotYear, standing } from "./pilot-year.ts";

const database = "mingcheng";
/** So many of the slowest queries are named. */
const listed = 20;

/** What is read over how long: the range that a dashboard opens with, or the widest that somebody may choose. */
const ranges = {
  "as opened": (dashboard: CommittedDashboard) => dashboard.range,
  "a year": () => "now-365d",
} as const;

/** The database as the feed itself sets it up, with nothing in it. */
const setUp = async (dir: string, influx: InfluxProcess): Promise<void> => {
  await fillLedger(dir, 30);
  const feed = startFeed(dir, { api: "v1", url: influx.url, database }, { once: true });
  const { code } = await feed.program.exited;
  if (code !== 0) throw new Error(feed.program.output());
  const { error } = await influx.query(database, "DROP SERIES FROM /.*/");
  if (error !== undefined) throw new Error(error);
};

const load = async (influx: InfluxProcess, { quick, progress }: BenchOptions): Promise<number> => {
  const year = { nowMs: Date.now(), days: 365, rawDays: quick ? 14 : 365 };
  let points = 0;
  let said = 0;
  const waiting: Record<"autogen" | "long", string[]> = { autogen: [], long: [] };
  const flush = async (retention: "autogen" | "long"): Promise<void> => {
    const lines = waiting[retention];
    waiting[retention] = [];
    if (lines.length > 0) await influx.write(database, retention, lines.join("\n"));
    points += lines.length;
  };
  for (const { retention, lines } of pilotYear(year)) {
    waiting[retention] = waiting[retention].length === 0 ? [...lines] : waiting[retention].concat(lines);
    if (waiting[retention].length >= 10_000) await flush(retention);
    if (points - said >= 2_000_000) {
      said = points;
      progress(`${points} points written`);
    }
  }
  await flush("autogen");
  await flush("long");
  return points;
};

/** The 99th percentile of a query, and where it stands. */
interface Timed {
  readonly ms: number;
  readonly query: string;
}

/** Asks every query of every panel `runs` times. The slowest come first. */
const measure = async (
  influx: InfluxProcess,
  rangeOf: (dashboard: CommittedDashboard) => string,
  runs: number,
): Promise<readonly Timed[]> => {
  const timed: Timed[] = [];
  let sampledMs = 0;
  // The feed goes on while walls ask: what is so now is never older than a minute.
  const sample = async (): Promise<void> => {
    if (Date.now() - sampledMs < 20_000) return;
    sampledMs = Date.now();
    const { retention, lines } = standing(sampledMs);
    await influx.write(database, retention, lines.join("\n"));
  };
  for (const dashboard of committedDashboards("zh")) {
    for (const found of dashboard.queries) {
      const range = rangeOf(dashboard);
      const times: number[] = [];
      for (let run = 0; run < runs; run++) {
        await sample();
        const text = asked(found, range);
        const startedMs = performance.now();
        const answer = await influx.query(database, text);
        times.push(performance.now() - startedMs);
        // What comes back fast because it is empty or wrong proves nothing.
        if (answer.error !== undefined || fault(answer) === "nothing") throw new Error(`${fault(answer)}: ${text}`);
      }
      timed.push({ ms: quantile(times, 0.99), query: `${dashboard.uid} “${found.panel}” ${found.refId}` });
    }
  }
  return timed.sort((a, b) => b.ms - a.ms);
};

const overInflux = async (options: BenchOptions): Promise<void> => {
  const needed = needs("influxdb");
  if (needed.skip) throw new Error(needed.title("queries"));
  const dir = mkdtempSync(join(tmpdir(), "mingcheng-queries-"));
  const influx = await startInflux(join(dir, "influx"));
  try {
    const startedMs = performance.now();
    await setUp(join(dir, "data"), influx);
    const points = await load(influx, options);
    options.progress(`${points} points in ${Math.round((performance.now() - startedMs) / 1000)} s`);
    for (const [variant, rangeOf] of Object.entries(ranges)) {
      const beganMs = performance.now();
      const runs = options.quick ? 20 : 100;
      const timed = await measure(influx, rangeOf, runs);
      for (const { ms, query } of timed.slice(0, listed)) options.progress(`${Math.round(ms)} ms  ${query}`);
      const seconds = (performance.now() - beganMs) / 1000;
      const [slowest] = timed;
      if (slowest === undefined) throw new Error("no dashboard asks anything");
      const of = { n: runs * timed.length, seconds, variant };
      options.report({ figure: "p99MsInflux", value: slowest.ms, unit: "ms", ...of });
    }
  } finally {
    await influx.stop();
    rmSync(dir, { recursive: true, force: true });
  }
};

interface EmbeddedResult {
  readonly records: number;
  readonly rollups: number;
  readonly n: number;
  readonly p99Ms: number;
  readonly slowest: string;
  readonly seconds: number;
}

const overEmbedded = async ({ quick, progress, report }: BenchOptions): Promise<void> => {
  const dir = mkdtempSync(join(tmpdir(), "mingcheng-screens-"));
  try {
    const entry = builtModule("cloud/dist/api/bench/bench-entry.js");
    const args = [entry, "--dir", dir, "--days", quick ? "60" : "365", "--runs", quick ? "50" : "200"];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const { records, rollups, n, p99Ms, slowest, seconds } = JSON.parse(stdout) as EmbeddedResult;
    progress(`${records} records of the day, ${rollups} rows of rollups; slowest: ${slowest}`);
    report({ figure: "p99MsEmbedded", value: p99Ms, unit: "ms", n, seconds });
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
};

/**
 * How long walls and screens wait for a year of a pilot: every panel's query on InfluxDB (`--part influx`), every screen's on the
 * embedded tables (`--part embedded`).
 */
export const queriesBench: Bench = {
  name: "queries",
  summary: "p99 of the slowest query of Grafana's panels on InfluxDB and of the screens on SQLite; a year, 360 scales",
  run: async (options) => {
    const part = options.args["part"];
    if (part !== "influx") await overEmbedded(options);
    if (part !== "embedded") await overInflux(options);
  },
};
