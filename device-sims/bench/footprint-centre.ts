import { systemClock } from "../src/clock.ts";
import { type CentreProcess, startCentre } from "../src/harness/centre-process.ts";
import { type BenchOptions, median } from "./bench.ts";
import { readUsage } from "./process-usage.ts";

/** A while after the start: what loading left behind is collected, and nothing has come in yet. */
const settleMs = 5_000;

/** Reports what a centre without gateways costs: until it can be used, on a directory that it knows, and at rest. */
export const measureCentre = async ({ quick, report }: BenchOptions, dir: string): Promise<CentreProcess> => {
  const centre = await startCentre({ dir });
  const readyMs: number[] = [];
  const cpuMs: number[] = [];
  for (let again = 0; again < (quick ? 3 : 9); again++) {
    await centre.stop();
    const startedMs = performance.now();
    await centre.start();
    readyMs.push(performance.now() - startedMs);
    cpuMs.push(readUsage(centre.program.pid).cpuSeconds * 1_000);
  }
  const seconds = readyMs.reduce((sum, ms) => sum + ms, 0) / 1_000;
  const n = readyMs.length;
  report({ figure: "centreReadyMs", value: median(readyMs), unit: "ms", n, seconds });
  report({ figure: "centreStartCpuMs", value: median(cpuMs), unit: "ms", n, seconds });
  await systemClock.sleep(settleMs);
  const { rssMb } = readUsage(centre.program.pid);
  report({ figure: "centreRssMb", value: rssMb, unit: "MB", n: 1, seconds: settleMs / 1_000 });
  return centre;
};
