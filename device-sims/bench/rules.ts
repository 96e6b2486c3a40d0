import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { builtModule } from "../src/harness/repository.ts";
import type { Bench } from "./bench.ts";

interface Result {
  readonly records: number;
  readonly rules: number;
  readonly devices: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly fired: number;
  readonly rssMb: number;
}

const once = async (args: Readonly<Record<string, number | string>>): Promise<Result> => {
  const dir = mkdtempSync(join(tmpdir(), "mingcheng-rules-"));
  try {
    const entry = builtModule("cloud/dist/rules/bench-entry.js");
    const options = Object.entries({ ...args, dir }).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const { stdout } = await promisify(execFile)(process.execPath, [entry, ...options]);
    return JSON.parse(stdout) as Result;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
};

/** How fast rules judge: a city's records as they come, and a pilot's month again. */
export const rulesBench: Bench = {
  name: "rules",
  summary: "ledger records/s through 60 rules with 10,000 devices; back-test of a month of a pilot of three markets",
  run: async ({ quick, report, progress }) => {
    const records = quick ? 50_000 : 400_000;
    progress(`${records} records of 10,000 devices through 60 rules`);
    const followed = await once({ mode: "follow", records, devices: 10_000, rules: 60, days: 1 });
    const variant = `${followed.rules} rules, ${followed.devices} devices`;
    const of = { n: records, seconds: followed.seconds, variant };
    report({ figure: "recordsPerSecond", value: records / followed.seconds, unit: "records/s", ...of });
    report({ figure: "recordsPerCpuSecond", value: records / followed.cpuSeconds, unit: "records/s", ...of });
    report({ figure: "rssMb", value: followed.rssMb, unit: "MB", ...of });

    // 360 scales, 50 loads a day each with its sale, and what else markets say.
    const [days, monthly] = quick ? [3, 110_000] : [30, 1_100_000];
    progress(`back-test of ${days} days of 360 scales: ${monthly} records`);
    const again = await once({ mode: "backtest", records: monthly, devices: 360, rules: 27, days });
    report({
      figure: "backtestSecondsPerMonth",
      value: (again.seconds * 30) / days,
      unit: "s",
      ...{ n: monthly, seconds: again.seconds, variant: `${again.rules} rules, ${days} days` },
    });
  },
};
