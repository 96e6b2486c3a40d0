import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { builtModule } from "../src/harness/repository.ts";
import type { Bench } from "./bench.ts";

interface Result {
  readonly scales: number;
  readonly entries: number;
  readonly importSeconds: number;
  readonly importRssMb: number;
  readonly itemsPerSecond: number;
  readonly loadSeconds: number;
  readonly indexMb: number;
  readonly rssMb: number;
  readonly attributions: number;
  readonly seconds: number;
  readonly attributionsPerSecond: number;
  readonly attributionsPerCpuSecond: number;
  readonly complete: number;
  readonly refreshMs: number;
}

/** How fast a record's device and time lead to stall, vendor, site and areas. */
export const attributionBench: Bench = {
  name: "attribution",
  summary: "attributions/s at 120,000 scales with history, import of the register they come from, memory of both",
  run: async ({ quick, report, progress }) => {
    const [scales, items, seconds] = quick ? [12_000, 25_000, 3] : [120_000, 250_000, 20];
    progress(`importing ${items} items, then ${scales} scales that moved four times and stalls of five vendors each`);
    const dir = mkdtempSync(join(tmpdir(), "mingcheng-attribution-"));
    try {
      const entry = builtModule("cloud/dist/register/attribution/bench-entry.js");
      const args = { scales, items, seconds, dir };
      const options = Object.entries(args).flatMap(([name, value]) => [`--${name}`, String(value)]);
      const { stdout } = await promisify(execFile)(process.execPath, [entry, ...options]);
      const result = JSON.parse(stdout) as Result;
      const variant = `${scales} scales`;
      const measured = { n: result.attributions, seconds: result.seconds, variant };
      report({ figure: "attributionsPerSecond", value: result.attributionsPerSecond, unit: "/s", ...measured });
      report({ figure: "attributionsPerCpuSecond", value: result.attributionsPerCpuSecond, unit: "/s", ...measured });
      const [numerator, denominator] = [result.complete, result.attributions];
      report({
        figure: "completeRatio",
        value: numerator / denominator,
        unit: "ratio",
        numerator,
        denominator,
        ...measured,
      });
      report({ figure: "rssMb", value: result.rssMb, unit: "MB", ...measured });
      report({ figure: "indexMb", value: result.indexMb, unit: "MB", ...measured });
      const loaded = { n: result.entries, seconds: result.loadSeconds, variant };
      report({ figure: "loadSeconds", value: result.loadSeconds, unit: "s", ...loaded });
      report({
        figure: "refreshMs",
        value: result.refreshMs,
        unit: "ms",
        n: 1,
        seconds: result.refreshMs / 1000,
        variant,
      });
      const imported = { n: items, seconds: result.importSeconds, variant: `${items} items` };
      report({ figure: "importedRowsPerSecond", value: result.itemsPerSecond, unit: "rows/s", ...imported });
      report({ figure: "importRssMb", value: result.importRssMb, unit: "MB", ...imported });
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  },
};
