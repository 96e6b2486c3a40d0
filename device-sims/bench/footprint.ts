import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../src/clock.ts";
import { configuredDevice } from "../src/harness/configured-device.ts";
import { enrolGateway, type GatewayProcess, startGateway } from "../src/harness/gateway-process.ts";
import { builtModule } from "../src/harness/repository.ts";
import { startProgram } from "../src/harness/running-program.ts";
import { until } from "../src/harness/until.ts";
import { type Bench, type BenchOptions, median } from "./bench.ts";
import { fillOutbox } from "./fill-outbox.ts";
import { measureCentre } from "./footprint-centre.ts";
import { readUsage } from "./process-usage.ts";

const gw = "bench-footprint";
const devices = 20;
const framesPerSecond = 10;

interface SimulatedDevice {
  readonly id: string;
  readonly kind: string;
  readonly address: string;
}

/** Twenty scales in a process of their own, so that their work is not counted as the gateway's. */
const startScales = async () => {
  let said = "";
  const program = startProgram({
    name: "mingcheng-sims load",
    command: process.execPath,
    args: [
      builtModule("device-sims/dist/src/main.js"),
      ...["load", "--devices", String(devices), "--rate", String(framesPerSecond)],
      ...["--kind", "mt-continuous", "--oracle", "/dev/null"],
    ],
    onOutput: (text) => (said += text),
  });
  const ready = await until(() => said.split("\n").find((line) => line.includes('"ready"')), {
    what: "the scales are ready",
    withinMs: 20_000,
    detail: () => program.output(),
  });
  return { program, list: (JSON.parse(ready) as { readonly devices: readonly SimulatedDevice[] }).devices };
};

/** Median of the resident memory over a while, sampled every half second. */
const watch = async (gateway: GatewayProcess, seconds: number): Promise<{ rssMb: number; cpuPercent: number }> => {
  const samples: number[] = [];
  const before = readUsage(gateway.program.pid);
  const startedMs = performance.now();
  while (performance.now() - startedMs < seconds * 1000) {
    await systemClock.sleep(500);
    samples.push(readUsage(gateway.program.pid).rssMb);
  }
  const elapsed = (performance.now() - startedMs) / 1000;
  const used = readUsage(gateway.program.pid).cpuSeconds - before.cpuSeconds;
  return { rssMb: median(samples), cpuPercent: (100 * used) / elapsed };
};

const measure = async (options: BenchOptions, dir: string): Promise<void> => {
  const { quick, report, progress } = options;
  const seconds = quick ? 10 : 60;
  const records = quick ? 100_000 : 1_000_000;
  const centre = await measureCentre(options, join(dir, "centre"));
  const scales = await startScales();
  try {
    const gatewayDir = join(dir, "gateway");
    await enrolGateway(gatewayDir, await centre.addGateway(gw));
    const configured = scales.list.map(({ id, kind, address }) => configuredDevice(id, kind, address));
    const setup = { dir: gatewayDir, gw, devices: configured };
    let startedMs = performance.now();
    const gateway = await startGateway(setup);
    const starts = [performance.now() - startedMs];
    progress(`warming up, then watching ${devices} scales at ${framesPerSecond} frames/s for ${seconds} s`);
    await systemClock.sleep(quick ? 5_000 : 20_000);
    const usage = await watch(gateway, seconds);
    report({ figure: "rssMb", value: usage.rssMb, unit: "MB", n: seconds * 2, seconds });
    report({ figure: "cpuPercent", value: usage.cpuPercent, unit: "%", n: seconds * 2, seconds });
    for (let again = 0; again < 4; again++) {
      await gateway.stop();
      startedMs = performance.now();
      await gateway.start();
      starts.push(performance.now() - startedMs);
    }
    const startSeconds = starts.reduce((sum, ms) => sum + ms, 0) / 1000;
    report({ figure: "readyMs", value: median(starts), unit: "ms", n: starts.length, seconds: startSeconds });
    // The same process with an empty and with a full outbox, both without a way to the centre.
    await centre.stop();
    await gateway.stop();
    await gateway.start();
    await systemClock.sleep(quick ? 4_000 : 15_000);
    const empty = await watch(gateway, quick ? 5 : 30);
    await gateway.stop();
    progress(`filling the outbox with ${records} records`);
    await fillOutbox(gateway.dataDir, gw, records);
    startedMs = performance.now();
    await gateway.start();
    const fullStartMs = performance.now() - startedMs;
    await systemClock.sleep(quick ? 4_000 : 15_000);
    const full = await watch(gateway, quick ? 5 : 30);
    const variant = `${records} records buffered`;
    report({
      figure: "rssGrowthPercent",
      value: (100 * (full.rssMb - empty.rssMb)) / empty.rssMb,
      unit: "%",
      numerator: full.rssMb,
      denominator: empty.rssMb,
      n: quick ? 10 : 60,
      seconds: quick ? 10 : 60,
      variant,
    });
    report({ figure: "readyMs", value: fullStartMs, unit: "ms", n: 1, seconds: fullStartMs / 1000, variant });
    await gateway.stop();
  } finally {
    await scales.program.stop();
    await centre.stop();
  }
};

/** What a gateway costs its box. An x86 proxy for a Raspberry-class box: memory carries over, CPU time does not. */
export const footprintBench: Bench = {
  name: "footprint",
  summary:
    "gateway RSS, CPU and start with 20 scales at 10 frames/s; RSS with a full outbox; start of a centre (x86 proxy)",
  run: async (options) => {
    const dir = mkdtempSync(join(tmpdir(), "mingcheng-footprint-"));
    try {
      await measure(options, dir);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  },
};
