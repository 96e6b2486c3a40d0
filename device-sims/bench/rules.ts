import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { builtModule } from "../src/harness/repository.ts";
import type { Bench, BenchOptions } from "./bench.ts";
import { measureRulesLatency } from "./rules-latency.ts";

interface Result {
  readonly records: number;
  readonly rules: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly fired: number;
  readonly rssMb: number;
}

type Options = Readonly<Record<string, number | string>>;

/** As the program gives its rules' thread: see `rulesHeap` of the centre. */
const heap = ["--max-old-space-size=120", "--max-semi-space-size=16"];

const entry = async (flags: readonly string[], options: Options): Promise<string> => {
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const file = builtModule("cloud/dist/rules/bench/bench-entry.js");
  return (await promisify(execFile)(process.execPath, [...flags, file, ...args])).stdout;
};

/** Makes a city in a directory of its own and lets a process of its own judge it. */
const once = async (mode: "follow" | "backtest", city: Options, rules: number): Promise<Result> => {
  const dir = mkdtempSync(join(tmpdir(), "mingcheng-rules-"));
  try {
    await entry([], { ...city, mode: "fill", dir });
    const days = city["days"] ?? 1;
    return JSON.parse(await entry(mode === "follow" ? heap : [], { mode, rules, days, dir })) as Result;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
};

const measureFollow = async ({ quick, report, progress }: BenchOptions): Promise<void> => {
  const records = quick ? 100_000 : 600_000;
  progress(`${records} records of 10,000 devices through 60 rules`);
  const done = await once("follow", { records, devices: 10_000, "per-gateway": 40, days: 1 }, 60);
  const of = { n: done.records, seconds: done.seconds, variant: "60 rules, 10000 devices" };
  report({ figure: "recordsPerSecond", value: done.records / done.seconds, unit: "records/s", ...of });
  // Says the same on a machine that has other things to do.
  report({ figure: "recordsPerCpuSecond", value: done.records / done.cpuSeconds, unit: "records/s", ...of });
  report({ figure: "rssMb", value: done.rssMb, unit: "MB", ...of });
};

const measureBacktest = async ({ quick, report, progress }: BenchOptions): Promise<void> => {
  // 360 scales in three markets, 50 loads a day each with most of their sales, and what else markets say.
  const [days, records] = quick ? [3, 110_000] : [30, 1_100_000];
  progress(`back-test of ${days} days of 3 markets: ${records} records`);
  const done = await once("backtest", { records, devices: 366, "per-gateway": 122, days }, 41);
  const value = (done.seconds * 30) / days;
  const of = { n: done.records, seconds: done.seconds, variant: "3 markets" };
  report({ figure: "backtestSecondsPerMonth", value, unit: "s", ...of });
};

/**
 * How fast rules judge: a city's records as they come, a pilot's month again, and how soon a message leaves. `--part follow`,
 * `backtest` or `latency` measures one of them.
 */
export const rulesBench: Bench = {
  name: "rules",
  summary: "ledger records/s through 60 rules with 10,000 devices; back-test of a month; ledger to provider",
  run: async (options) => {
    const part = options.args["part"];
    if (part === undefined || part === "follow") await measureFollow(options);
    if (part === undefined || part === "backtest") await measureBacktest(options);
    if (part === undefined || part === "latency") await measureRulesLatency(options);
  },
};
