import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startCentre } from "../../src/harness/centre-process.ts";
import { enrolGateway, startGateway } from "../../src/harness/gateway-process.ts";
import { until } from "../../src/harness/until.ts";
import { createMemoryOracle } from "../../src/oracle.ts";
import { runScenario } from "../../src/scenario/run-scenario.ts";
import { scenarioSchema } from "../../src/scenario/scenario.ts";
import { type Metric, readExposition } from "./exposition.ts";

/** What the processes of a small market show at `/metrics`, everything configured that shows figures of its own. */
export interface Shown {
  readonly centre: readonly Metric[];
  readonly gateway: readonly Metric[];
}

const scrape = async ({ host, port }: { readonly host: string; readonly port: number }): Promise<Metric[]> => {
  const answer = await fetch(`http://${host}:${port}/metrics`);
  return readExposition(await answer.text());
};

/** Starts a centre, a gateway and a scale, waits for a record, and reads what both programs show. */
export const showFigures = async (): Promise<Shown> => {
  const dir = mkdtempSync(join(tmpdir(), "mingcheng-health-"));
  const undo: (() => unknown)[] = [() => rmSync(dir, { recursive: true, force: true })];
  try {
    const scales = await runScenario(
      scenarioSchema.parse({
        devices: [
          {
            ...{ id: "scale-1", kind: "mt-continuous", listen: "tcp://127.0.0.1:0", rateHz: 20 },
            ...{ repeat: true, script: [{ do: "weigh", value: "1.25", rampMs: 100, holdMs: 500, restMs: 300 }] },
          },
        ],
      }),
      createMemoryOracle(),
    );
    undo.push(() => scales.stop());
    const media = { host: "127.0.0.1", port: 0 };
    // Nobody listens there: the figures of the feed are shown all the same.
    const timeseries = { api: "v1", url: "http://127.0.0.1:9" };
    const config = { backup: { dir: join(dir, "backup") }, media, timeseries };
    const centre = await startCentre({ dir: join(dir, "centre"), config });
    undo.push(() => centre.stop());
    await enrolGateway(join(dir, "gateway"), await centre.addGateway("market-health"));
    const [scale] = scales.devices;
    const gateway = await startGateway({
      ...{ dir: join(dir, "gateway"), gw: "market-health" },
      devices: [{ id: "scale-1", protocol: "mt-continuous", address: scale?.device.address ?? "" }],
      intake: {
        listeners: [{ protocol: "http", host: "127.0.0.1", port: 0, insecureTransport: true }],
        devices: [{ id: "scale-2", kind: "smart-scale", insecureTransport: true }],
      },
    });
    undo.push(() => gateway.stop());
    const gatewayMetrics = await until(
      async () => {
        const metrics = await scrape(gateway.health);
        return metrics.some(({ name, labels }) => name === "mingcheng_gateway_captured_total" && labels.size > 0)
          ? metrics
          : undefined;
      },
      { what: "a record of the scale", withinMs: 20_000 },
    );
    return { centre: await scrape(centre.addresses.health), gateway: gatewayMetrics };
  } finally {
    for (const step of undo.reverse()) await step();
  }
};
