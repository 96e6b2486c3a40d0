import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { GatewayList, RecordPage } from "@mingcheng/protocols";
import { openWebhookReceiver } from "../demo/webhook-receiver.ts";
import { systemClock } from "../src/clock.ts";
import type { TesterResult } from "../src/devices/tester.ts";
import { type CentreApi, signIn } from "../src/harness/centre-api.ts";
import { type CentreProcess, startCentre } from "../src/harness/centre-process.ts";
import { configuredDevice } from "../src/harness/configured-device.ts";
import { enrolGateway, startGateway } from "../src/harness/gateway-process.ts";
import { until } from "../src/harness/until.ts";
import { createMemoryOracle, type OracleEntry } from "../src/oracle.ts";
import { instrumentTime, type RunningScenario, runScenario } from "../src/scenario/run-scenario.ts";
import { scenarioSchema } from "../src/scenario/scenario.ts";
import { type BenchOptions, quantile } from "./bench.ts";
import { fillOutbox } from "./fill-outbox.ts";

const gw = "bench-pipeline";
const login = { user: "bench", password: "songbai-market-7531" } as const;
const testers = 5;
/** Of the whole gateway. */
const liveRecordsPerSecond = 50;

const startTesters = (oracle: ReturnType<typeof createMemoryOracle>): Promise<RunningScenario> =>
  runScenario(
    scenarioSchema.parse({
      devices: Array.from({ length: testers }, (_, index) => ({
        id: `tester-${index + 1}`,
        kind: "lis",
        listen: "tcp://127.0.0.1:0",
        settings: { framing: "message" },
      })),
    }),
    oracle,
  );

/** Lets every tester report at an even pace until `signal` aborts. Every `positiveEvery`-th result is positive. */
const reportEvenly = async (
  devices: RunningScenario,
  perSecond: number,
  positiveEvery: number,
  signal: AbortSignal,
) => {
  const paceMs = (1000 * testers) / perSecond;
  await Promise.all(
    devices.devices.map(async (running, index) => {
      if (running.class !== "tester") return;
      await systemClock.sleep((paceMs * index) / testers, signal);
      let dueMs = performance.now();
      for (let number = 1; !signal.aborted; number++) {
        const positive = number % positiveEvery === 0;
        const result: TesterResult = {
          specimenId: `${running.device.id}-${number}${positive ? "-P" : ""}`,
          item: "韭菜",
          assay: "OP-CARB",
          value: positive ? "66.6" : "12.5",
          unit: "%",
          flags: positive ? "A" : "N",
          completedAt: instrumentTime(Date.now()),
        };
        running.device.report([result]);
        dueMs += paceMs;
        await systemClock.sleep(dueMs - performance.now(), signal);
      }
    }),
  );
};

const saidAt = (entries: readonly OracleEntry[]): ReadonlyMap<string, number> =>
  new Map(entries.flatMap((entry) => (entry.event === "result-said" ? [[entry.specimenId, entry.atMs] as const] : [])));

/** When the ledger committed each result, by specimen. */
const rowsAt = async (api: CentreApi): Promise<ReadonlyMap<string, number>> => {
  const rows = new Map<string, number>();
  for (let after = 0; ; ) {
    const page = await api.get<RecordPage>(`/api/v1/records?kind=test&limit=1000&after=${after}`);
    for (const { body, receivedAt } of page.records) rows.set(String(body["specimenId"]), Date.parse(receivedAt));
    if (page.next === null) return rows;
    after = page.next;
  }
};

const waitForProjections = (api: CentreApi): Promise<unknown> =>
  until(
    async () => {
      const { lsn, head } = await api.get<RecordPage>("/api/v1/records?limit=1");
      return lsn >= head;
    },
    { what: "the projections have caught up", withinMs: 600_000, everyMs: 200 },
  );

const storedOfLine = async (api: CentreApi, eid: string): Promise<number> => {
  const { gateways } = await api.get<GatewayList>("/api/v1/gateways");
  const line = gateways.find((gateway) => gateway.gw === gw)?.lines.newest.find((each) => each.eid === eid);
  return line?.contiguousHead ?? 0;
};

interface Bed {
  readonly dir: string;
  readonly centre: CentreProcess;
  readonly api: CentreApi;
  readonly devices: RunningScenario;
  readonly said: readonly OracleEntry[];
  readonly deliveries: readonly { readonly specimen: string; readonly atMs: number }[];
}

const latencies = (from: ReadonlyMap<string, number>, to: ReadonlyMap<string, number>): number[] =>
  [...from].flatMap(([specimen, atMs]) => {
    const endMs = to.get(specimen);
    return endMs === undefined ? [] : [endMs - atMs];
  });

const measureLive = async (
  { dir, centre, api, devices, said }: Bed,
  { quick, report }: BenchOptions,
): Promise<void> => {
  const seconds = quick ? 8 : 60;
  await enrolGateway(join(dir, "live"), await centre.addGateway(gw));
  const configured = devices.devices.map(({ config, device }) =>
    configuredDevice(config.id, config.kind, device.address),
  );
  const gateway = await startGateway({ dir: join(dir, "live"), gw, devices: configured });
  const stopping = AbortSignal.timeout(seconds * 1000);
  await reportEvenly(devices, liveRecordsPerSecond, 1_000_000, stopping);
  await systemClock.sleep(1_000);
  await waitForProjections(api);
  const samples = latencies(saidAt(said), await rowsAt(api));
  report({ figure: "frameToRowP99Ms", value: quantile(samples, 0.99), unit: "ms", n: samples.length, seconds });
  report({ figure: "frameToRowMedianMs", value: quantile(samples, 0.5), unit: "ms", n: samples.length, seconds });
  await gateway.stop();
};

const measureDrain = async (bed: Bed, options: BenchOptions): Promise<void> => {
  const { dir, api, devices, said, deliveries } = bed;
  const { quick, report, progress } = options;
  const records = quick ? 100_000 : 1_000_000;
  const gatewayDir = join(dir, "live");
  progress(`filling the outbox with ${records} records`);
  const filled = await fillOutbox(join(gatewayDir, "data"), gw, records);
  const configured = devices.devices.map(({ config, device }) =>
    configuredDevice(config.id, config.kind, device.address),
  );
  const saidBefore = said.length;
  const gateway = await startGateway({ dir: gatewayDir, gw, devices: configured });
  const startedMs = performance.now();
  const stopping = new AbortController();
  const reporting = reportEvenly(devices, liveRecordsPerSecond, 5, stopping.signal);
  progress("draining");
  await until(async () => (await storedOfLine(api, filled.eid)) >= records, {
    what: "the backlog has drained",
    withinMs: 1_200_000,
    everyMs: 100,
    detail: () => gateway.program.output().slice(-2_000),
  });
  const seconds = (performance.now() - startedMs) / 1000;
  const drainedAtMs = Date.now();
  stopping.abort();
  await reporting;
  const drainRate = records / seconds;
  report({
    figure: "drainToLiveRatio",
    value: drainRate / liveRecordsPerSecond,
    unit: "ratio",
    numerator: drainRate,
    denominator: liveRecordsPerSecond,
    n: records,
    seconds,
  });
  // Only what was said while the backlog was draining tells anything.
  const during = new Map([...saidAt(said.slice(saidBefore))].filter(([, atMs]) => atMs < drainedAtMs));
  const positives = [...during.keys()].filter((specimen) => specimen.endsWith("-P"));
  await until(() => positives.every((name) => deliveries.some(({ specimen }) => specimen === name)), {
    what: "every positive result has reached the channel",
    withinMs: 60_000,
    everyMs: 200,
  });
  const toRule = latencies(during, new Map(deliveries.map(({ specimen, atMs }) => [specimen, atMs] as const)));
  await waitForProjections(api);
  const toRow = latencies(during, await rowsAt(api));
  report({
    figure: "liveP99MsWhileDraining",
    value: quantile(toRow, 0.99),
    unit: "ms",
    n: toRow.length,
    seconds,
    variant: "row",
  });
  report({
    figure: "liveP99MsWhileDraining",
    value: quantile(toRule, 0.99),
    unit: "ms",
    n: toRule.length,
    seconds,
    variant: "rule and webhook",
  });
  await gateway.stop();
};

/** The figures of the pipeline that need a real gateway: latency of a live record, and of one during a drain. */
export const measureGatewayPipeline = async (options: BenchOptions): Promise<void> => {
  const dir = mkdtempSync(join(tmpdir(), "mingcheng-pipeline-"));
  const receiver = await openWebhookReceiver(/tester-\d+-\d+-P/);
  const oracle = createMemoryOracle();
  const devices = await startTesters(oracle);
  const secretFile = join(dir, "secret");
  writeFileSync(secretFile, "0123456789abcdef0123456789abcdef", { mode: 0o600 });
  const channels = [{ type: "webhook", name: "bench", url: receiver.url, secretFile }];
  const centre = await startCentre({ dir: join(dir, "centre"), config: { channels } });
  try {
    await centre.addUser(login.user, "auditor", login.password);
    const api = await signIn(centre, login.user, login.password);
    const bed = { dir, centre, api, devices, said: oracle.entries, deliveries: receiver.deliveries };
    await measureLive(bed, options);
    await measureDrain(bed, options);
  } finally {
    await devices.stop();
    await centre.stop();
    await receiver.close();
    rmSync(dir, { recursive: true, force: true });
  }
};
