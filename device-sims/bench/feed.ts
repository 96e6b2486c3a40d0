import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startTestedCentre, type TestedCentre } from "../e2e/centre/tested-centre.ts";
import { type FeedStep, fillLedger, startFeed } from "../e2e/timeseries/fed-ledger.ts";
import { type InfluxProcess, startInflux } from "../src/harness/influx-process.ts";
import { builtModule } from "../src/harness/repository.ts";
import { runProgram } from "../src/harness/running-program.ts";
import { until } from "../src/harness/until.ts";
import { type Bench, type BenchOptions, median, quantile } from "./bench.ts";

const rounds = 3;
const batchPoints = 5_000;

interface Raw {
  readonly points: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
}

const feedOnce = async (dataDir: string, influx: InfluxProcess, database: string): Promise<Raw> => {
  for (const suffix of ["", "-wal", "-shm"]) rmSync(join(dataDir, `timeseries.db${suffix}`), { force: true });
  const settings = { api: "v1", url: influx.url, database, batchPoints };
  const feed = startFeed(dataDir, settings, { once: true });
  const { code } = await feed.program.exited;
  const last = feed.steps.at(-1) as (FeedStep & { readonly points?: number }) | undefined;
  if (code !== 0 || last === undefined) throw new Error(feed.program.output());
  return { points: last.points ?? 0, seconds: last.seconds ?? 0, cpuSeconds: last.cpuSeconds ?? 0 };
};

const rawOnce = async (dataDir: string, influx: InfluxProcess, database: string): Promise<Raw> => {
  const entry = builtModule("cloud/dist/timeseries/raw-client-entry.js");
  const args = ["--dir", dataDir, "--url", influx.url, "--database", database, "--batch", String(batchPoints)];
  const text = await runProgram({ name: "raw client", command: process.execPath, args: [entry, ...args] });
  return JSON.parse(text) as Raw;
};

/** The feed beside the client alone with the same points, in turn, into one InfluxDB. */
const measureThroughput = async ({ quick, progress, report }: BenchOptions): Promise<void> => {
  const dir = mkdtempSync(join(tmpdir(), "mingcheng-feed-"));
  const influx = await startInflux(join(dir, "influx"));
  try {
    const records = quick ? 200_000 : 400_000;
    const dataDir = join(dir, "data");
    progress(`a ledger of ${records} records`);
    await fillLedger(dataDir, records);
    const feeds: Raw[] = [];
    const raws: Raw[] = [];
    for (let round = 1; round <= rounds; round++) {
      progress(`round ${round} of ${rounds}: the feed, then the client alone`);
      feeds.push(await feedOnce(dataDir, influx, `feed${round}`));
      raws.push(await rawOnce(dataDir, influx, `raw${round}`));
      for (const name of ["feed", "raw"]) await influx.query("", `DROP DATABASE "${name}${round}"`);
    }
    const points = raws[0]?.points ?? 0;
    const perSecond = (runs: readonly Raw[]): number => median(runs.map(({ seconds }) => points / seconds));
    const seconds = [...feeds, ...raws].reduce((sum, run) => sum + run.seconds, 0);
    const of = { n: points * rounds, seconds };
    const [fed, raw] = [perSecond(feeds), perSecond(raws)];
    report({ figure: "pointsPerSecond", value: fed, unit: "points/s", ...of });
    report({ figure: "rawPointsPerSecond", value: raw, unit: "points/s", ...of });
    report({ figure: "ratioToRawInflux", value: fed / raw, unit: "ratio", numerator: fed, denominator: raw, ...of });
    // Says the same on a machine that has other things to do.
    const perCpu = (runs: readonly Raw[]): number => median(runs.map(({ cpuSeconds }) => points / cpuSeconds));
    report({ figure: "pointsPerCpuSecond", value: perCpu(feeds), unit: "points/s", ...of });
    report({ figure: "rawPointsPerCpuSecond", value: perCpu(raws), unit: "points/s", ...of });
  } finally {
    await influx.stop();
    rmSync(dir, { recursive: true, force: true });
  }
};

const liveEveryMs = 100;
const gatewaysUnderLoad = 10;
/** Records/s of the live load: ten times what a pilot of three markets sends at its peak. */
const liveRate = (gatewaysUnderLoad * 1_000) / liveEveryMs;
const drainAtOnce = 512;

/** Sends records at the live rate until told to stop, and says how long each waited for its receipt. */
const sendLive = (tested: TestedCentre): (() => Promise<number[]>) => {
  const captured = tested.gateways.map(() => [] as { readonly seq: number; readonly atMs: number }[]);
  const timer = setInterval(() => {
    for (const [index, watched] of tested.gateways.entries()) {
      watched.capture(1);
      captured[index]?.push({ seq: watched.gateway.outbox.head, atMs: Date.now() });
    }
  }, liveEveryMs);
  return async () => {
    clearInterval(timer);
    await until(() => tested.gateways.every((watched) => watched.settled()), {
      ...{ what: "everything is receipted", withinMs: 60_000, everyMs: 5 },
    });
    return tested.gateways.flatMap(({ receipted }, index) =>
      (captured[index] ?? []).map(({ seq, atMs }) => {
        const times = receipted.filter(({ from, to }) => from <= seq && seq <= to).map((range) => range.atMs);
        return Math.min(...times) - atMs;
      }),
    );
  };
};

const figureOf = async (tested: TestedCentre, name: string): Promise<number> => {
  const { host, port } = tested.centre.addresses.health;
  const text = await (await fetch(`http://${host}:${port}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(text)?.[1] ?? Number.NaN);
};

const caughtUp = (tested: TestedCentre, figure: string, what: string) =>
  until(async () => (await figureOf(tested, figure)) < liveRate * 2, {
    ...{ what, withinMs: 300_000, everyMs: 100, detail: () => tested.centre.program.output().slice(-3_000) },
  });

/** An hour's records arrive while InfluxDB is away; then it comes back, beside the same live load as before. */
const measureCatchingUp = async ({ quick, progress, report }: BenchOptions): Promise<void> => {
  const dir = mkdtempSync(join(tmpdir(), "mingcheng-feed-"));
  const influx = await startInflux(join(dir, "influx"));
  const timeseries = { api: "v1", url: influx.url, batchPoints };
  const tested = await startTestedCentre({ dir: join(dir, "centre"), config: { timeseries } });
  try {
    await tested.addMany(Array.from({ length: gatewaysUnderLoad }, (_, index) => `bench-${index}`));
    await Promise.all(tested.gateways.map((watched) => watched.connect()));
    const outageSeconds = quick ? 600 : 3_600;
    const backlog = outageSeconds * liveRate;
    progress(`${backlog} records, ${outageSeconds} s of the live rate, arrive while InfluxDB is away`);
    await influx.kill();
    const each = Math.ceil(backlog / gatewaysUnderLoad);
    for (let left = each; left > 0; left -= drainAtOnce) {
      for (const watched of tested.gateways) watched.capture(Math.min(left, drainAtOnce));
      await until(() => tested.gateways.every((watched) => watched.settled()), {
        ...{ what: "the backlog is receipted", withinMs: 120_000, everyMs: 2 },
      });
    }
    await caughtUp(
      tested,
      'mingcheng_following_lag_records\\{follower="readings"\\}',
      "the projections have caught up",
    );
    await caughtUp(tested, 'mingcheng_following_lag_records\\{follower="alerts"\\}', "the rules have caught up");
    const quietSeconds = quick ? 15 : 30;
    progress(`receipts for ${quietSeconds} s while InfluxDB is away, then while the feed catches up`);
    // What the backlog left behind (checkpoints, alerts) is no part of the quiet.
    const endWarming = sendLive(tested);
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    await endWarming();
    const endQuiet = sendLive(tested);
    await new Promise((resolve) => setTimeout(resolve, quietSeconds * 1_000));
    const quiet = await endQuiet();
    const behind = await figureOf(tested, "mingcheng_timeseries_lag_records");
    await influx.start();
    const endBusy = sendLive(tested);
    const startedMs = performance.now();
    await caughtUp(tested, "mingcheng_timeseries_lag_records", "the feed has caught up");
    const seconds = (performance.now() - startedMs) / 1_000;
    const busy = await endBusy();
    const of = { n: behind, seconds };
    const perSecond = behind / seconds;
    const variant = `${outageSeconds} s of ${liveRate} records/s`;
    report({
      figure: "catchUpRatio",
      value: perSecond / liveRate,
      unit: "ratio",
      numerator: perSecond,
      denominator: liveRate,
      ...of,
      variant,
    });
    const [busyP99, quietP99] = [quantile(busy, 0.99), quantile(quiet, 0.99)];
    const ratio = { numerator: busyP99, denominator: quietP99, n: busy.length, seconds, variant };
    report({ figure: "receiptP99Ratio", value: busyP99 / quietP99, unit: "ratio", ...ratio });
    const p99 = (figure: string, value: number, n: number): void =>
      report({ figure, value, unit: "ms", n, seconds, variant });
    p99("receiptP99Ms", busyP99, busy.length);
    p99("receiptP99MsQuiet", quietP99, quiet.length);
  } finally {
    await tested.dispose();
    await influx.stop();
    rmSync(dir, { recursive: true, force: true });
  }
};

/** The feed of InfluxDB; `--part raw` or `--part outage` measures one half of it. */
export const feedBench: Bench = {
  name: "feed",
  summary:
    "points/s from the ledger into InfluxDB beside the raw client; catching up after an outage beside live receipts",
  run: async (options) => {
    const part = options.args["part"];
    if (part !== "outage") await measureThroughput(options);
    if (part !== "raw") await measureCatchingUp(options);
  },
};
