import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { randomMoment } from "../../src/harness/kill-moment.ts";
import { brokenPromises, type MarketUnderTest, openMarket } from "../../src/harness/market.ts";
import { createRandom } from "../../src/random.ts";
import { hastyTester, keepReporting } from "./busy-tester.ts";

const boxes = ["box-a", "box-b"];
const killsPerBox = 15;
let market: MarketUnderTest;

beforeAll(async () => {
  market = await openMarket(
    boxes.map((gw) => ({
      gw,
      devices: [
        { id: `${gw}-tester-1`, ...hastyTester },
        { id: `${gw}-tester-2`, ...hastyTester },
      ],
    })),
  );
});
afterAll(() => market.close());

describe("the whole system under SIGKILL", () => {
  it("loses, doubles and invents nothing that a tester was told is safe", async () => {
    const random = createRandom(4711);
    const testers = market.devices.devices.map((running) => keepReporting(running));
    await Promise.all(
      market.gateways.map(async (gateway) => {
        for (let kill = 0; kill < killsPerBox; kill++) {
          await randomMoment(random, 350);
          await gateway.kill();
          await gateway.start();
        }
      }),
    );
    for (let kill = 0; kill < 3; kill++) {
      await randomMoment(random, 700);
      await market.centre.kill();
      await market.centre.start();
    }
    await Promise.all(testers.map((tester) => tester.stop()));
    for (const gateway of market.gateways) await market.arrived(gateway);
    const findings = await market.findings();
    expect(brokenPromises(findings)).toEqual([]);
    // A run in which hardly anything was said would prove nothing.
    expect(Math.min(...findings.map(({ stored }) => stored))).toBeGreaterThan(killsPerBox);
  }, 180_000);
});
