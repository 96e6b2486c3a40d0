import { describeFailure, shrink } from "../e2e/simulation/shrink.ts";
import { runWorld } from "../e2e/simulation/world.ts";
import type { Bench } from "./bench.ts";

const shownFailures = 5;

/** The long run of the deterministic simulation. `--seeds` how many (default 20,000; quick 1,500), `--from` the first. */
export const simulateBench: Bench = {
  name: "simulate",
  summary: "gateways and centre in one process under seeded faults: seeds per second, failures",
  run: async ({ quick, args, report, progress }) => {
    const seeds = Number(args["seeds"] ?? (quick ? 1500 : 20_000));
    const from = Number(args["from"] ?? 0);
    const startedAt = performance.now();
    const seconds = (): number => (performance.now() - startedAt) / 1000;
    let failures = 0;
    let records = 0;
    let slowestMs = 0;
    for (let seed = from; seed < from + seeds; seed++) {
      const outcome = runWorld({ seed });
      records += outcome.records;
      slowestMs = Math.max(slowestMs, outcome.settledAfterMs);
      if (outcome.violations.length > 0 && ++failures <= shownFailures) {
        console.error(describeFailure(shrink({ seed }, outcome)));
      }
      if ((seed - from + 1) % 5000 === 0) {
        progress(`${seed - from + 1} seeds, ${failures} failures, ${Math.round(seconds())} s`);
        // Lets signals and output through.
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    const measured = { n: seeds, seconds: seconds() };
    report({ figure: "failures", value: failures, unit: "seeds", ...measured });
    report({
      figure: "seedsPerSecond",
      value: seeds / measured.seconds,
      unit: "seeds/s",
      numerator: seeds,
      denominator: Number(measured.seconds.toFixed(2)),
      ...measured,
    });
    report({ figure: "records", value: records, unit: "records", ...measured });
    report({ figure: "slowestSettlingSeconds", value: slowestMs / 1000, unit: "virtual s", ...measured });
    if (failures > 0) throw new Error(`${failures} of ${seeds} seeds broke a rule`);
  },
};
