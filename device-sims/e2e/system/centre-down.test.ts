import { afterEach, describe, expect, it } from "vitest";
import { brokenPromises, type MarketUnderTest, openMarket } from "../../src/harness/market.ts";
import { until } from "../../src/harness/until.ts";
import { hastyTester, keepReporting } from "./busy-tester.ts";

let market: MarketUnderTest | undefined;
afterEach(() => market?.close());

describe("a centre that is down while the market goes on", () => {
  it("gets the whole backlog afterwards, once each, although its broker remembers nothing", async () => {
    market = await openMarket([{ gw: "box-a", devices: [{ id: "box-a-tester", ...hastyTester }] }]);
    const { centre, device, gateways, arrived, findings } = market;
    const [gateway] = gateways;
    if (gateway === undefined) throw new Error("no gateway");
    const tester = keepReporting(device("box-a-tester"), 20);
    await until(() => tester.reported() > 40, { what: "some results", withinMs: 20_000 });
    await centre.kill();
    const atKill = tester.reported();
    await until(() => tester.reported() > atKill + 1_000, { what: "a backlog", withinMs: 60_000 });
    await centre.start();
    await until(() => tester.reported() > atKill + 1_200, { what: "results after the return", withinMs: 30_000 });
    await tester.stop();
    await arrived(gateway, 60_000);
    const all = await findings();
    expect(brokenPromises(all)).toEqual([]);
    expect(all[0]?.stored).toBe(tester.reported());
  }, 150_000);
});
