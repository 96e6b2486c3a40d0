import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type MarketUnderTest, openMarket } from "../../src/harness/market.ts";
import { builtModule } from "../../src/harness/repository.ts";
import { runProgram } from "../../src/harness/running-program.ts";
import { until } from "../../src/harness/until.ts";
import { accountKeys, channelsFor } from "../../src/messaging/account-files.ts";
import { type HttpProviders, startHttpProviders } from "../../src/messaging/http-providers.ts";
import { normalBehaviour, ProviderState } from "../../src/messaging/provider-state.ts";
import { instrumentTime } from "../../src/scenario/run-scenario.ts";
import { hastyTester } from "../system/busy-tester.ts";

const gw = "market-songbai";

let dir: string;
let state: ProviderState;
let providers: HttpProviders;
let market: MarketUnderTest | undefined;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "mingcheng-messages-"));
  state = new ProviderState(
    () => Date.now(),
    () => undefined,
  );
  providers = await startHttpProviders(state, accountKeys(dir), 0);
});

afterEach(async () => {
  await market?.close();
  await providers.stop();
  rmSync(dir, { recursive: true });
});

/** A positive result of one specimen; the instrument is told when the gateway has it. */
const reportPositive = async ({ device }: MarketUnderTest, specimenId: string): Promise<void> => {
  const running = device("tester-1");
  if (running.class !== "tester") throw new Error("no tester");
  const result = { specimenId, item: "韭菜", assay: "OP-CARB", value: "78.5", unit: "%", flags: "A" };
  running.device.report([{ ...result, completedAt: instrumentTime(Date.now()) }]);
  await running.device.drained();
};

const about = (specimen: string): number => state.messages.filter(({ text }) => text.includes(specimen)).length;

describe("a message to try a channel", () => {
  it("reaches the telephone from the command line, its receipt comes back, and no secret is printed", async () => {
    const config = join(dir, "cloud.yaml");
    const channels = channelsFor(dir, providers.url).map((one) =>
      one["type"] === "aliyun-sms" ? { ...one, receiptPollMs: 100 } : one,
    );
    writeFileSync(config, JSON.stringify({ publicHost: "127.0.0.1", channels }));
    const command = (...args: string[]): Promise<string> =>
      runProgram({
        ...{ name: "mingcheng-cloud", command: process.execPath, env: { LANG: "en_GB.UTF-8" } },
        args: [builtModule("cloud/dist/main.js"), ...args, "--config", config],
      });
    expect(await command("check")).toMatch(/^The configuration is good/);
    const said = await command("channel", "test", "aliyun", "--phone", "+86 139 0000 1234");
    expect(said).toMatch(/^Handed over: OK.*\nReceipt: DELIVERED.*\n$/);
    expect(state.messages).toMatchObject([{ phone: "13900001234", text: "【明秤监管】预警0000：测试消息，无需处置" }]);
    expect(said).not.toContain(accountKeys(dir).aliyun.secret);
  }, 60_000);
});

describe("an alert on its way to a group", () => {
  it("is there once, though the robot's provider was away, threw answers away, and the centre was killed meanwhile", async () => {
    const wecom = channelsFor(dir, providers.url).filter(({ type }) => type === "wecom");
    const channels = [{ type: "console" }, ...wecom];
    market = await openMarket([{ gw, devices: [{ id: "tester-1", ...hastyTester }] }], { config: { channels } });
    await reportPositive(market, "S-0001");
    await until(() => about("S-0001") > 0, { what: "the message", withinMs: 30_000 });

    state.behaviour = { ...normalBehaviour, answer: "unavailable" };
    await reportPositive(market, "S-0002");
    await market.centre.kill();
    expect(about("S-0002")).toBe(0);
    state.behaviour = { ...normalBehaviour, answer: "lost", count: 1 };
    await market.centre.start();
    await until(() => state.messages.some(({ text, answered }) => answered && text.includes("S-0002")), {
      what: "the message after the provider came back",
      withinMs: 60_000,
    });
    await reportPositive(market, "S-0003");
    await until(() => about("S-0003") > 0, { what: "the third message", withinMs: 30_000 });
    expect(about("S-0001")).toBe(1);
    expect(about("S-0003")).toBe(1);
    // The answer to one attempt was thrown away after the provider had it: that one may come twice, no more.
    expect(about("S-0002")).toBe(2);
    expect(state.messages.filter(({ answered }) => !answered)).toHaveLength(1);
  }, 180_000);
});
