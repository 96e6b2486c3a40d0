import { appendFileSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AlertList } from "@mingcheng/protocols";
import { SimulatedCamera } from "../../src/cameras/simulated-camera.ts";
import { signIn } from "../../src/harness/centre-api.ts";
import { freePort, type InfluxProcess, startInflux } from "../../src/harness/influx-process.ts";
import { type MarketUnderTest, openMarket } from "../../src/harness/market.ts";
import { repositoryRoot } from "../../src/harness/repository.ts";
import { until } from "../../src/harness/until.ts";
import { createMemoryOracle } from "../../src/oracle.ts";
import { instrumentTime, runScenario } from "../../src/scenario/run-scenario.ts";
import { scenarioSchema } from "../../src/scenario/scenario.ts";
import { hastyTester } from "../system/busy-tester.ts";

/** Database that the centre feeds. */
export const database = "mingcheng";
const gw = "market-songbai";
const keeper = { user: "zhang.wei", password: "songbai 2026 grafana" } as const;

/** A market whose day went through gateway, centre and feed into InfluxDB. */
export interface FilledMarket {
  readonly influx: InfluxProcess;
  close(): Promise<void>;
}

const closer = () => {
  const undo: (() => unknown)[] = [];
  return {
    push: (step: () => unknown) => undo.push(step),
    close: async (): Promise<void> => {
      for (const step of undo.splice(0).reverse()) await step();
    },
  };
};

/** A bad spot on the gateway's disk: it names what it lost when it starts. */
const damageOutbox = (dataDir: string): void => {
  const folder = join(dataDir, "outbox");
  const file =
    readdirSync(folder)
      .filter((name) => name.endsWith(".seg"))
      .sort()[0] ?? "";
  const bytes = readFileSync(join(folder, file));
  bytes.fill(0xff, 6_000, 6_200);
  writeFileSync(join(folder, file), bytes);
};

/** Results of a rapid tester: one to be retested, one that nobody can read, and one that is well. */
const results = (["78.5", "12.1", "55.0"] as const).map((value, index) => ({
  ...{ specimenId: `S-${index}`, item: "韭菜", assay: "OP-CARB", value, unit: "%", flags: "A" },
}));

/** The sample city, and the camera of this market's kitchen. */
const register = async ({ centre, dir }: MarketUnderTest): Promise<void> => {
  const folder = join(dir, "register");
  cpSync(join(repositoryRoot, "cloud", "register-samples", "lujiang"), folder, { recursive: true });
  appendFileSync(join(folder, "devices.csv"), `${gw},kitchen-1,camera,,,,,\n`);
  appendFileSync(join(folder, "placements.csv"), `${gw},kitchen-1,,songbai,2025-06-01T00:00+08:00,\n`);
  await centre.command("import", "all", folder);
};

/** Sells, refunds, weighs and is calibrated, as a smart scale over the gateway's LAN intake. */
const trade = async (market: MarketUnderTest, port: number): Promise<() => Promise<void>> => {
  const [gateway] = market.gateways;
  const printed = await gateway?.command("intake", "add", "scale-a02", "--config", gateway.configFile, "--json");
  const { secret } = JSON.parse(printed ?? "{}") as { readonly secret: string };
  const script = [
    { do: "sell", item: "1001", weight: "1.25", unitPriceFen: 450, stall: "A02" },
    { do: "sell", item: "1001", weight: "0.5", unitPriceFen: 450, amountFen: 999, stall: "A02" },
    { do: "refund" },
    { do: "weigh", value: "0.625" },
    { do: "event", event: "calibration" },
    { do: "event", event: "tare" },
    { do: "drain" },
  ];
  const device = { id: "scale-a02", kind: "smart-scale", url: `http://127.0.0.1:${port}`, secret, script };
  const running = await runScenario(scenarioSchema.parse({ devices: [device] }), createMemoryOracle());
  return () => running.stop();
};

const test = async (market: MarketUnderTest): Promise<void> => {
  const running = market.device("tester-1");
  if (running.class !== "tester") throw new Error("no tester");
  running.device.report(results.map((result) => ({ ...result, completedAt: instrumentTime(Date.now()) })));
  await running.device.drained();
};

const weigh = async (market: MarketUnderTest): Promise<void> => {
  const running = market.device("scale-a01");
  if (running.class !== "scale") throw new Error("no scale");
  await running.device.weigh({ value: "1.25", rampMs: 200, holdMs: 1_000, restMs: 200 });
};

/** Somebody takes one alert over and ends it; the others stay open. */
const handleOne = async (market: MarketUnderTest): Promise<void> => {
  const api = await signIn(market.centre, keeper.user, keeper.password);
  const alert = await until(
    async () => {
      const { alerts } = await api.get<AlertList>("/api/v1/alerts?limit=100");
      return alerts.find(({ state }) => state === "firing");
    },
    { what: "an alert fires", withinMs: 60_000, everyMs: 100 },
  );
  await api.post(`/api/v1/alerts/${alert.id}/acknowledge`, {});
  await api.post(`/api/v1/alerts/${alert.id}/close`, { result: "复检阴性", evidence: "报告 KJ-1" });
};

/** Opens everything and lets a market's day happen. */
export const openFilledMarket = async (): Promise<FilledMarket> => {
  const dir = mkdtempSync(join(tmpdir(), "mingcheng-grafana-"));
  const { push, close } = closer();
  push(() => rmSync(dir, { recursive: true, force: true }));
  try {
    const camera = new SimulatedCamera({ authentication: "none" });
    push(() => camera.stop());
    const startsInflux = startInflux(join(dir, "influx")).then((started) => {
      push(() => started.stop());
      return started;
    });
    const [influx, port] = await Promise.all([startsInflux, freePort(), camera.start()]);
    const timeseries = { api: "v1", url: influx.url, database, sampleSeconds: 1 };
    const market = await openMarket(
      [
        {
          gw,
          devices: [
            { id: "scale-a01", kind: "yaohua-a9", rateHz: 20 },
            { id: "tester-1", ...hastyTester },
          ],
          setup: {
            intake: {
              listeners: [{ protocol: "http", host: "127.0.0.1", port, insecureTransport: true }],
              devices: [{ id: "scale-a02", kind: "smart-scale", insecureTransport: true }],
            },
            config: {
              web: { port: 0 },
              cameras: {
                view: { port: 0 },
                channels: [
                  { id: "kitchen-1", zone: "cooking", address: camera.address, insecureTransport: true, user: null },
                ],
              },
            },
          },
        },
      ],
      { config: { timeseries } },
    );
    push(() => market.close());
    const [gateway] = market.gateways;
    if (gateway === undefined) throw new Error("no gateway");
    await Promise.all([register(market), market.centre.addUser(keeper.user, "centre", keeper.password)]);
    await Promise.all([trade(market, port).then(push), weigh(market), test(market)]);
    await market.arrived(gateway);
    // What it lost with a bad spot it names when it starts; meanwhile somebody handles an alert.
    const restart = async (): Promise<void> => {
      await gateway.stop();
      damageOutbox(gateway.dataDir);
      await gateway.start();
      await market.arrived(gateway);
    };
    await Promise.all([restart(), handleOne(market)]);
    return { influx, close };
  } catch (error) {
    await close();
    throw error;
  }
};
