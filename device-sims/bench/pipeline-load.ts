import { startTestedCentre } from "../e2e/centre/tested-centre.ts";
import { until } from "../src/harness/until.ts";
import { type BenchOptions, median } from "./bench.ts";
import { readUsage } from "./process-usage.ts";

interface Run {
  readonly recordsPerSecond: number;
  readonly seconds: number;
  /** What the centre's process used, all threads. */
  readonly centreCpuSeconds: number;
}

const recordsPerCapture = 512;

/**
 * Captures everything first, then connects: what is measured is reading, sealing, packing, TLS, broker, ledger, signed
 * receipt and its proof. Gateways and bench share one process, the centre is another; both share the machine.
 */
const drain = async (gateways: number, records: number): Promise<Run> => {
  const tested = await startTestedCentre();
  try {
    const names = Array.from({ length: gateways }, (_, index) => `bench-${index}`);
    const fleet = await tested.addMany(names);
    for (let left = records / gateways; left > 0; left -= recordsPerCapture) {
      for (const watched of fleet) watched.capture(Math.min(left, recordsPerCapture));
    }
    const { pid } = tested.centre.program;
    const cpuBefore = readUsage(pid).cpuSeconds;
    const startedMs = performance.now();
    await Promise.all(fleet.map((watched) => watched.connect()));
    await until(() => fleet.every((watched) => watched.settled()), {
      what: "everything is receipted",
      withinMs: 600_000,
      everyMs: 5,
      detail: () => tested.centre.program.output(),
    });
    const seconds = (performance.now() - startedMs) / 1000;
    const centreCpuSeconds = readUsage(pid).cpuSeconds - cpuBefore;
    return { recordsPerSecond: records / seconds, seconds, centreCpuSeconds };
  } finally {
    await tested.dispose();
  }
};

const rounds = 3;

/** Records/s from gateways to their receipts, for one gateway and for a hundred; median of three interleaved runs. */
export const measureLoadPipeline = async ({ quick, progress, report }: BenchOptions): Promise<void> => {
  const records = quick ? 30_000 : 200_000;
  const variants = [
    { variant: "1 gateway", gateways: 1, runs: [] as Run[] },
    { variant: "100 gateways", gateways: 100, runs: [] as Run[] },
  ];
  for (let round = 1; round <= rounds; round++) {
    for (const { variant, gateways, runs } of variants) {
      progress(`round ${round} of ${rounds}: ${records} records, ${variant}`);
      runs.push(await drain(gateways, records));
    }
  }
  for (const { variant, runs } of variants) {
    const of = { n: records * rounds, seconds: runs.reduce((sum, run) => sum + run.seconds, 0), variant };
    const perSecond = median(runs.map((run) => run.recordsPerSecond));
    report({ figure: "recordsPerSecond", value: perSecond, unit: "records/s", ...of });
    // Says the same on a machine that has other things to do.
    const perCpu = median(runs.map((run) => records / run.centreCpuSeconds));
    report({ figure: "recordsPerCentreCpuSecond", value: perCpu, unit: "records/s", ...of });
  }
};
