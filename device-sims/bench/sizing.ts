import { statSync } from "node:fs";
import { join } from "node:path";
import { startTestedCentre } from "../e2e/centre/tested-centre.ts";
import type { WatchedGateway } from "../e2e/centre/watched-gateway.ts";
import { until } from "../src/harness/until.ts";
import type { Bench, BenchOptions } from "./bench.ts";
import { readUsage } from "./process-usage.ts";

const gateways = 110;
const variant = `${gateways} gateways, every record alone`;
const databases = ["ledger", "projections", "alerts"] as const;
const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/** Bytes of topics and payloads that a gateway publishes from now on. */
const countBytes = ({ gateway }: WatchedGateway): (() => number) => {
  let bytes = 0;
  const connected = gateway.connected.bind(gateway);
  gateway.connected = (connection) =>
    connected({
      publish: (topic, payload, ...more) => {
        bytes += topic.length + payload.length;
        return connection.publish(topic, payload, ...more);
      },
    });
  return () => bytes;
};

const settled = (fleet: readonly WatchedGateway[]): Promise<boolean> =>
  until(() => fleet.every((watched) => watched.settled()), { what: "all is receipted", withinMs: 600_000, everyMs: 5 });

/** Projections and rules have taken everything that the ledger holds. */
const followed = ({ host, port }: { readonly host: string; readonly port: number }): Promise<boolean> =>
  until(
    async () => {
      const text = await (await fetch(`http://${host}:${port}/metrics`)).text();
      return [...text.matchAll(/^mingcheng_following_lag_records\{.*\} (\d+)$/gm)].every(
        ([, behind]) => behind === "0",
      );
    },
    { what: "projections and rules have followed", withinMs: 600_000, everyMs: 200 },
  );

/** What a record costs in the centre, on disk and on the line, and what so many gateways cost in memory. */
const run = async ({ quick, progress, report }: BenchOptions): Promise<void> => {
  const perGateway = quick ? 100 : 1_000;
  const startedMs = performance.now();
  const tested = await startTestedCentre();
  try {
    const { program, dataDir, addresses } = tested.centre;
    const idleMb = readUsage(program.pid).rssMb;
    progress(`${gateways} gateways enrol`);
    const fleet = await tested.addMany(Array.from({ length: gateways }, (_, index) => `size-${index}`));
    const [first] = fleet;
    if (first === undefined) throw new Error("no gateway");
    const bytes = countBytes(first);
    await Promise.all(fleet.map((watched) => watched.connect()));
    await settled(fleet);
    const before = { cpuSeconds: readUsage(program.pid).cpuSeconds, bytes: bytes() };
    progress(`${gateways * perGateway} records, each in a message of its own`);
    for (let record = 0; record < perGateway; record++) {
      for (const watched of fleet) watched.capture(1);
      await settled(fleet);
    }
    await followed(addresses.health);
    const { rssMb, cpuSeconds } = readUsage(program.pid);
    const records = gateways * perGateway;
    const stored = fleet.reduce((sum, watched) => sum + watched.gateway.outbox.head, 0);
    const uplinkBytes = (bytes() - before.bytes) / perGateway;
    await tested.centre.stop();
    const seconds = (performance.now() - startedMs) / 1000;
    const figure = (name: string, value: number, unit: string, n: number) =>
      report({ figure: name, value, unit, n, seconds, variant });
    for (const database of databases) {
      const path = join(dataDir, `${database}.db`);
      figure(`${database}BytesPerRecord`, (sizeOf(path) + sizeOf(`${path}-wal`)) / stored, "bytes", stored);
    }
    figure("uplinkBytesPerRecord", uplinkBytes, "bytes", perGateway);
    figure("recordsPerCentreCpuSecond", records / (cpuSeconds - before.cpuSeconds), "records/s", records);
    figure("centreRssMb", rssMb, "MB", 1);
    figure("centreIdleRssMb", idleMb, "MB", 1);
  } finally {
    await tested.dispose();
  }
};

/** Figures of docs/sizing.md that no other benchmark has. */
export const sizingBench: Bench = {
  name: "sizing",
  summary: "bytes on disk and on the line per record, memory of a centre with 110 gateways",
  run,
};
