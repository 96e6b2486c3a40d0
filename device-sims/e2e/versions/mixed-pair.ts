import { join } from "node:path";
import { brokenPromises, type MarketUnderTest, openMarket } from "../../src/harness/market.ts";
import { until } from "../../src/harness/until.ts";
import { hastyTester, keepReporting } from "../system/busy-tester.ts";

/** Entry files of two programs that are to work together. `undefined`: this repository's own build. */
export interface Pair {
  readonly centre?: string;
  readonly gateway?: string;
}

/** What a pair went through, each step as people read it. */
export interface PairOutcome {
  readonly steps: readonly string[];
  readonly results: number;
  /** Results that are missing, stored twice or invented, in words. Empty when the promise held. */
  readonly broken: readonly string[];
}

const gw = "market-a";
const tester = `${gw}-tester`;

const report = async (market: MarketUnderTest, results: number): Promise<void> => {
  const reporting = keepReporting(market.device(tester));
  await until(() => reporting.reported() >= results, { what: `${results} results`, withinMs: 60_000 });
  await reporting.stop();
};

const go = async (market: MarketUnderTest, step: (what: string) => void): Promise<void> => {
  const { centre, arrived } = market;
  const [gateway] = market.gateways;
  if (gateway === undefined) throw new Error("no gateway");
  step("enrolled, connected");
  await report(market, 20);
  await arrived(gateway);
  step("records arrive and are receipted");
  await centre.kill();
  await report(market, 60);
  await centre.start();
  await arrived(gateway, 60_000);
  step("a backlog is drained after the centre was killed");
  await gateway.kill();
  await gateway.start();
  await report(market, 5);
  await arrived(gateway, 60_000);
  step("a gateway that was killed goes on with a new line");
  const before = String((await gateway.status())["kid"]);
  await gateway.command("rotate-key", "--config", gateway.configFile);
  await until(async () => (await gateway.status())["kid"] !== before, { what: "the new key", withinMs: 15_000 });
  await report(market, 5);
  await arrived(gateway, 60_000);
  step("a rotated key is believed");
  await until(async () => JSON.stringify(await gateway.status()).includes('"pending":0'), {
    ...{ what: "everything is receipted at the gateway", withinMs: 30_000 },
    everyMs: 100,
  });
  step("nothing is left without a receipt");
};

/** Runs a centre and a gateway of two versions through an ordinary bad day, as real processes. */
export const runPair = async ({ centre, gateway }: Pair, say: (what: string) => void): Promise<PairOutcome> => {
  const devices = [{ id: tester, ...hastyTester }];
  const setup = gateway === undefined ? {} : { setup: { main: gateway } };
  const market = await openMarket([{ gw, devices, ...setup }], centre === undefined ? {} : { main: centre });
  const steps: string[] = [];
  try {
    await go(market, (what) => {
      steps.push(what);
      say(what);
    });
    const findings = await market.findings();
    steps.push(`evidence verifies: ${join(market.dir, `${gw}.mcx`)}`);
    return { steps, results: findings[0]?.said ?? 0, broken: brokenPromises(findings) };
  } finally {
    await market.close();
  }
};
