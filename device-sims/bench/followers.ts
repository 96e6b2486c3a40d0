import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { builtModule } from "../src/harness/repository.ts";
import { type Bench, median } from "./bench.ts";

interface Run {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly recordsPerSecond: number;
  readonly rssMb: number;
}

const followers = ["readings", "alerts"] as const;
const rounds = 3;

const once = async (follower: string, records: number): Promise<Run> => {
  const dir = mkdtempSync(join(tmpdir(), "mingcheng-followers-"));
  try {
    const entry = builtModule("cloud/dist/following/bench-entry.js");
    const args = [entry, "--follower", follower, "--records", String(records), "--dir", dir];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    return JSON.parse(stdout) as Run;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
};

/** How fast what follows the ledger takes a backlog: each follower alone in a process of its own. */
export const followersBench: Bench = {
  name: "followers",
  summary: "ledger records/s through the projections, and through rules and alerts; median of three interleaved runs",
  run: async (options) => {
    const records = options.quick ? 50_000 : 500_000;
    const runs: Record<(typeof followers)[number], Run[]> = { readings: [], alerts: [] };
    for (let round = 1; round <= rounds; round++) {
      options.progress(`round ${round} of ${rounds}: ${records} records through each`);
      for (const follower of followers) runs[follower].push(await once(follower, records));
    }
    for (const variant of followers) {
      const seconds = runs[variant].reduce((sum, run) => sum + run.seconds, 0);
      const middle = (figure: (run: Run) => number): number => median(runs[variant].map(figure));
      const of = { n: records * rounds, seconds, variant };
      options.report({
        figure: "recordsPerSecond",
        value: middle((run) => run.recordsPerSecond),
        unit: "records/s",
        ...of,
      });
      // Says the same on a machine that has other things to do.
      const perCpu = middle((run) => records / run.cpuSeconds);
      options.report({ figure: "recordsPerCpuSecond", value: perCpu, unit: "records/s", ...of });
      options.report({ figure: "rssMb", value: middle((run) => run.rssMb), unit: "MB", ...of });
    }
  },
};
