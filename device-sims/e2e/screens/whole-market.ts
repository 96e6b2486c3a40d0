import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AlertList } from "@mingcheng/protocols";
import { topics } from "@mingcheng/protocols";
import { SimulatedCamera } from "../../src/cameras/simulated-camera.ts";
import { type CentreApi, signIn } from "../../src/harness/centre-api.ts";
import { type MarketUnderTest, openMarket } from "../../src/harness/market.ts";
import { zoneAtNoon } from "../../src/harness/noon.ts";
import { until } from "../../src/harness/until.ts";
import { enrolLoadGateway } from "../../src/load/enrol.ts";
import { instrumentTime } from "../../src/scenario/run-scenario.ts";
import { connectHostile } from "../centre/hostile-client.ts";
import { type WatchedGateway, watchGateway } from "../centre/watched-gateway.ts";
import { hastyTester } from "../system/busy-tester.ts";

/** The market whose gateway, scale, tester and camera are simulated; its site in the register is `songbai`. */
export const gw = "market-songbai";

/** Who signs in: one sees and does everything, the other looks after another district. */
export const people = {
  administrator: { user: "zhang.wei", password: "songbai 2026 zhang" },
  elsewhere: { user: "lin.mei", password: "hubei 2026 lin-mei" },
} as const;

/** A whole system for its screens: centre, gateway, devices, a camera, and a canteen in another district. */
export interface WholeMarket {
  readonly market: MarketUnderTest;
  readonly camera: SimulatedCamera;
  /** Addresses: of the centre's pages, the gateway's set-up page, the market's screen. */
  readonly url: string;
  readonly setupUrl: string;
  readonly screenUrl: string;
  /** Where the market's screen is since the gateway's last start. */
  screenNow(): string;
  readonly api: CentreApi;
  /** Number of the alert that a positive test raised. */
  readonly alert: string;
  setupCode(): Promise<string>;
  close(): Promise<void>;
}

const entries = (camera: string) => [
  { kind: "devices", values: { gw, dev: camera, class: "camera" } },
  { kind: "placements", values: { gw, dev: camera, stall: "", site: "songbai" } },
];

/** A specimen may be called anything that an instrument can be made to send. */
export const specimen = "SB-1 <img src=x onerror=alert(1)>";

/** A load of the scale, a positive and a negative result of the tester: each in the ledger before this resolves. */
const tradeAndTest = async (market: MarketUnderTest): Promise<void> => {
  const [scale, tester] = [market.device("scale-a01"), market.device("tester-1")];
  if (scale.class !== "scale" || tester.class !== "tester") throw new Error("a scale and a tester");
  const result = { assay: "OP-CARB", unit: "%", completedAt: instrumentTime(Date.now()) };
  tester.device.report([{ ...result, specimenId: specimen, item: "韭菜", value: "78.5", flags: "A" }]);
  tester.device.report([{ ...result, specimenId: "SB-2", item: "上海青", value: "8.1", flags: "N" }]);
  await scale.device.weigh({ value: "1.25", rampMs: 400, holdMs: 1_500, restMs: 300 });
  await tester.device.drained();
};

/** A canteen of another district that weighs, and whose gateway says something that nobody can read. */
const otherDistrict = async (market: MarketUnderTest): Promise<WatchedGateway> => {
  const enrolled = await enrolLoadGateway(await market.centre.addGateway("canteen-binhai"));
  const hostile = await connectHostile(enrolled, "f".repeat(32));
  await hostile.ask(topics.records("canteen-binhai"), Buffer.from("this is no batch"));
  await hostile.close();
  const watched = watchGateway(enrolled);
  watched.capture(3);
  await watched.connect();
  return watched;
};

/** Starts it all, and waits until the screens have something to show. Nothing is left running when a part cannot start. */
export const openWholeMarket = async (): Promise<WholeMarket> => {
  const camera = new SimulatedCamera({ authentication: "none" });
  await camera.start();
  const undo: (() => unknown)[] = [() => camera.stop()];
  const close = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    const channel = { id: "kitchen-1", zone: "cooking", address: camera.address, user: null, insecureTransport: true };
    const config = {
      web: { port: 0 },
      cameras: { view: { port: 0 }, channels: [channel] },
      marketScreen: {
        ...{ port: 0, title: "松柏农贸市场", cameras: ["kitchen-1"] },
        // As the centre's: what was weighed and tested is of today whenever it is tried.
        utcOffset: zoneAtNoon(Date.now()).offset,
      },
    };
    const devices = [
      { id: "scale-a01", kind: "yaohua-a9", rateHz: 20 },
      { id: "tester-1", ...hastyTester },
    ];
    const media = { host: "127.0.0.1", port: 0 };
    const market = await openMarket([{ gw, devices, setup: { config } }], { config: { media } });
    undo.push(() => market.close());
    const { centre } = market;
    await centre.command("register", "sample");
    await Promise.all([
      centre.addUser(people.administrator.user, "administrator", people.administrator.password),
      centre.addUser(people.elsewhere.user, "inspector", people.elsewhere.password, ["--area", "hubei"]),
    ]);
    const api = await signIn(centre, people.administrator.user, people.administrator.password);
    await api.post("/api/v1/register/changes", { put: entries("kitchen-1"), withdraw: [], dryRun: false, note: "" });
    const [watched] = await Promise.all([otherDistrict(market), tradeAndTest(market)]);
    undo.push(() => watched.close());
    const alert = await until(
      async () => (await api.get<AlertList>("/api/v1/alerts")).alerts.find(({ rule }) => rule.includes("positive"))?.id,
      { what: "the positive test has raised an alert", withinMs: 60_000 },
    );
    const { host, port } = centre.addresses.https;
    const [gateway] = market.gateways;
    if (gateway === undefined) throw new Error("no gateway");
    const ready = () =>
      JSON.parse(readFileSync(join(gateway.dir, "ready.json"), "utf8")) as { web: string; marketScreen: string };
    return {
      ...{ market, camera, api, alert, close, url: `https://${host}:${port}` },
      ...{ setupUrl: ready().web, screenUrl: ready().marketScreen, screenNow: () => ready().marketScreen },
      setupCode: async () => {
        const text = await gateway.command("setup-code", "--config", gateway.configFile, "--json");
        return (JSON.parse(text) as { readonly code: string }).code;
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
};

/** The plan of the market, from the register, as a file of settings for its gateway. */
export const writePlan = async ({ market }: WholeMarket, notice: string): Promise<string> => {
  const file = join(market.dir, "stalls.yaml");
  await market.centre.command("register", "plan", "songbai", "--gateway", gw, "--out", file);
  const notices = `  notices: [${JSON.stringify({ zh: notice, until: "2999-01-01T00:00:00+08:00" })}]\n`;
  writeFileSync(file, `${readFileSync(file, "utf8")}${notices}`);
  return file;
};
