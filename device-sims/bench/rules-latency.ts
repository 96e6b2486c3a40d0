import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RecordPage } from "@mingcheng/protocols";
import { openWebhookReceiver } from "../demo/webhook-receiver.ts";
import { startTestedCentre, type TestedCentre } from "../e2e/centre/tested-centre.ts";
import { systemClock } from "../src/clock.ts";
import { type CentreApi, signIn } from "../src/harness/centre-api.ts";
import { until } from "../src/harness/until.ts";
import type { RecordDraft } from "../src/load/memory-outbox.ts";
import { type BenchOptions, quantile } from "./bench.ts";

const login = { user: "bench", password: "songbai-market-7531" } as const;
/** The load: gateways that together say so many records a second, among them so many positives. */
const gateways = 50;
const recordsPerSecond = 500;
const positivesPerSecond = 10;
const tickMs = 20;

const weighing = (scale: number, grams: string): RecordDraft => ({
  dev: `scale-${scale}`,
  kind: "weighing",
  body: {
    ...{ protocol: "mt-continuous", value: grams, unit: "g", grams, mode: "net", stable: "reported-stable" },
    ...{ tare: null, tareGrams: null, settling: { samples: 5, durationMs: 400, rule: "reported" } },
  },
  raw: "LCsgMTIzIGcNCg==",
});

const positive = (specimenId: string): RecordDraft => ({
  dev: "tester-1",
  kind: "test",
  body: {
    ...{ protocol: "lis", instrument: { name: "NY-8", version: "1.2", serial: "77" }, specimenId, item: "韭菜" },
    ...{ assay: { code: "OPC", name: "有机磷" }, value: "66.6", number: "66.6", unit: "%", flags: "A", status: "F" },
    ...{ verdict: "positive", verdictRule: "GB/T 5009.199-2003: positive >= 50", instrumentVerdict: "positive" },
    ...{ startedAt: "", completedAt: "", resendOf: null },
  },
  raw: "",
});

/** Lets every gateway say its share at an even pace; returns the specimens that are positive. */
const sayEvenly = async (tested: TestedCentre, seconds: number): Promise<readonly string[]> => {
  const specimens: string[] = [];
  const startedMs = performance.now();
  let weighings = 0;
  for (;;) {
    const pastMs = performance.now() - startedMs;
    if (pastMs >= seconds * 1000) return specimens;
    while (weighings < (pastMs * (recordsPerSecond - positivesPerSecond)) / 1000) {
      const watched = tested.gateways[weighings % gateways];
      watched?.gateway.append(weighing(weighings % 7, String(100 + (weighings % 977))));
      weighings++;
    }
    while (specimens.length < (pastMs * positivesPerSecond) / 1000) {
      const specimen = `positive-${specimens.length}-P`;
      tested.gateways[specimens.length % gateways]?.gateway.append(positive(specimen), true, true);
      specimens.push(specimen);
    }
    await systemClock.sleep(tickMs);
  }
};

/** When the centre received each positive, just before it was committed, by specimen. */
const receivedAt = async (api: CentreApi): Promise<ReadonlyMap<string, number>> => {
  const found = new Map<string, number>();
  for (let after = 0; ; ) {
    const page = await api.get<RecordPage>(`/api/v1/records?kind=test&limit=1000&after=${after}`);
    for (const { body, receivedAt: at } of page.records) found.set(String(body["specimenId"]), Date.parse(at));
    if (page.next === null) return found;
    after = page.next;
  }
};

/**
 * From the ledger to the provider: a real centre with all of its rules, a webhook that answers at once. The time of receipt
 * lies before the commit, the arrival at the webhook behind the handing over: what is measured is more than the bound is
 * about.
 */
export const measureRulesLatency = async ({ quick, report, progress }: BenchOptions): Promise<void> => {
  const seconds = quick ? 15 : 60;
  const receiver = await openWebhookReceiver(/positive-\d+-P/);
  const dir = mkdtempSync(join(tmpdir(), "mingcheng-rules-latency-"));
  const secretFile = join(dir, "secret");
  writeFileSync(secretFile, "0123456789abcdef0123456789abcdef", { mode: 0o600 });
  const channels = [{ type: "webhook", name: "bench", url: receiver.url, secretFile }];
  const tested = await startTestedCentre({ dir: join(dir, "centre"), config: { channels } });
  try {
    await tested.centre.addUser(login.user, "auditor", login.password);
    await tested.addMany(Array.from({ length: gateways }, (_, index) => `bench-${index}`));
    await Promise.all(tested.gateways.map((watched) => watched.connect()));
    progress(
      `${recordsPerSecond} records/s of ${gateways} gateways, ${positivesPerSecond} positives/s, for ${seconds} s`,
    );
    const specimens = await sayEvenly(tested, seconds);
    const told = (): ReadonlyMap<string, number> =>
      new Map(receiver.deliveries.map(({ specimen, atMs }) => [specimen, atMs] as const).toReversed());
    await until(() => specimens.every((specimen) => told().has(specimen)), {
      what: "every positive has been told",
      withinMs: 60_000,
      everyMs: 200,
      detail: () => tested.centre.program.output().slice(-2_000),
    });
    const api = await signIn(tested.centre, login.user, login.password);
    const received = await receivedAt(api);
    const toldAt = told();
    const samples = specimens.map((specimen) => (toldAt.get(specimen) ?? 0) - (received.get(specimen) ?? 0));
    const variant = `${recordsPerSecond} records/s, ${positivesPerSecond} positives/s`;
    const of = { unit: "ms", n: samples.length, seconds, variant } as const;
    report({ figure: "commitToProviderP99Ms", value: quantile(samples, 0.99), ...of });
    report({ figure: "commitToProviderMedianMs", value: quantile(samples, 0.5), ...of });
  } finally {
    await tested.dispose();
    await receiver.close();
    rmSync(dir, { recursive: true, force: true });
  }
};
