import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { brokenPromises, type MarketUnderTest, openMarket } from "../../src/harness/market.ts";
import { until } from "../../src/harness/until.ts";
import { hastyTester, keepReporting } from "./busy-tester.ts";

let market: MarketUnderTest | undefined;
afterEach(() => market?.close());

describe("an outbox directory replaced by an older copy", () => {
  it("is accepted as a rollback, reported, and nothing is fenced", async () => {
    const devices = ["box-a-tester-1", "box-a-tester-2"].map((id) => ({ id, ...hastyTester }));
    market = await openMarket([{ gw: "box-a", devices }]);
    const { gateways, device, arrived, gatewayView, findings } = market;
    const [gateway] = gateways;
    if (gateway === undefined) throw new Error("no gateway");
    const outbox = join(gateway.dataDir, "outbox");
    const copy = join(market.dir, "older-outbox");
    const tester = keepReporting(device("box-a-tester-1"));
    await until(() => tester.reported() > 5, { what: "some results", withinMs: 10_000 });
    await gateway.stop();
    cpSync(outbox, copy, { recursive: true });
    await gateway.start();
    await until(() => tester.reported() > 20, { what: "more results", withinMs: 10_000 });
    // What is acknowledged now and not sent yet would be lost with the directory: that is what a rollback does.
    await tester.stop();
    await arrived(gateway);
    await gateway.kill();
    rmSync(outbox, { recursive: true });
    cpSync(copy, outbox, { recursive: true });
    const abandoned = gateway.line;
    await gateway.start();
    const second = keepReporting(device("box-a-tester-2"));
    await until(() => second.reported() > 10, { what: "results after the rollback", withinMs: 15_000 });
    await second.stop();
    await arrived(gateway);
    expect(brokenPromises(await findings())).toEqual([]);
    const view = await gatewayView("box-a");
    expect(view.disputedLines).toBe(0);
    // Nobody can number what the abandoned branch may still have said: it is named by interval.
    expect(view.openGaps.newest).toContainEqual(
      expect.objectContaining({ eid: abandoned.eid, to: null, reason: "rollback" }),
    );
  }, 60_000);
});
