import { afterEach, describe, expect, it } from "vitest";
import { brokenPromises, type MarketUnderTest, openMarket } from "../../src/harness/market.ts";
import { fakeTimeLibrary, needs } from "../../src/harness/requirements.ts";
import { hastyTester, keepReporting } from "./busy-tester.ts";

const faketime = needs("libfaketime");
let market: MarketUnderTest | undefined;

afterEach(() => market?.close());

/** Environment under which a process sees a wall clock of its own; its monotonic clock stays true. */
const wallClock = (time: string): Readonly<Record<string, string>> => ({
  LD_PRELOAD: fakeTimeLibrary() ?? "",
  FAKETIME: time,
  FAKETIME_DONT_FAKE_MONOTONIC: "1",
  DONT_FAKE_MONOTONIC: "1",
});

const open = async (env: Readonly<Record<string, string>>): Promise<MarketUnderTest> => {
  market = await openMarket([{ gw: "box-a", devices: [{ id: "box-a-tester", ...hastyTester }], setup: { env } }]);
  return market;
};

const minutes = (ms: number): number => Math.round(ms / 60_000);

describe.skipIf(faketime.skip)("a gateway with a wrong clock", () => {
  it.each([
    ["1970", "@1970-01-01 00:10:00"],
    ["two weeks back", "-14d"],
    ["two weeks ahead", "+14d"],
  ])(faketime.title("shows today's rows as today although its clock says %s"), async (_name, time) => {
    const { device, gateways, arrived, findings, api, said } = await open(wallClock(time));
    const tester = keepReporting(device("box-a-tester"));
    const [gateway] = gateways;
    if (gateway === undefined) throw new Error("no gateway");
    await arrived(gateway);
    await tester.stop();
    await arrived(gateway);
    expect(brokenPromises(await findings())).toEqual([]);
    const acknowledged = said.filter(({ event }) => event === "result-acknowledged");
    const today = await (await api()).get<{
      readonly totals: { readonly tests: { readonly all: number } };
      readonly tests: readonly { readonly at: string }[];
    }>("/api/v1/today");
    expect(today.totals.tests.all).toBe(acknowledged.length);
    // Effective times are those of this machine's true clock.
    const offMinutes = today.tests.map(({ at }) => minutes(Math.abs(Date.parse(at) - Date.now())));
    expect(Math.max(...offMinutes)).toBeLessThanOrEqual(1);
  });
});
