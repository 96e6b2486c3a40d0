import { existsSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { GatewayProcess } from "../../src/harness/gateway-process.ts";
import { brokenPromises, headOf, type MarketUnderTest, openMarket } from "../../src/harness/market.ts";
import { fakeTimeLibrary, needs } from "../../src/harness/requirements.ts";
import { until } from "../../src/harness/until.ts";
import { hastyTester, keepReporting } from "../system/busy-tester.ts";

const faketime = needs("libfaketime");
const gw = "market-a";
const id = "tester-one";
let market: MarketUnderTest | undefined;
afterEach(() => market?.close());

const clockFile = join(process.env["TMPDIR"] ?? "/tmp", `mingcheng-certificates-${process.pid}`);
const setClock = (time: string): void => {
  writeFileSync(`${clockFile}.new`, `${time}\n`);
  renameSync(`${clockFile}.new`, clockFile);
};

const open = async (env: Readonly<Record<string, string>> = {}) => {
  market = await openMarket([{ gw, devices: [{ id, ...hastyTester }], setup: { env } }]);
  const [gateway] = market.gateways;
  if (gateway === undefined) throw new Error("no gateway");
  return { ...market, gateway };
};

const alarmsOf = async (gateway: GatewayProcess): Promise<string[]> =>
  ((await gateway.status())["alarms"] as { code: string }[]).map(({ code }) => code);

describe("the centre's authority", () => {
  it("changes while centre and gateway run, and the gateway connects with the next one alone", async () => {
    const { centre, gateway, device, arrived, findings } = await open();
    const tester = keepReporting(device(id));
    await until(() => tester.reported() > 3, { what: "results", withinMs: 30_000 });
    await centre.command("keys", "next-authority");
    const learnt = join(gateway.dataDir, "identity", "authorities.msg");
    await until(() => existsSync(learnt), { what: "the gateway learns the next authority", withinMs: 30_000 });
    expect(await centre.command("keys")).toContain("authority-next");
    await centre.command("keys", "switch-authority");
    await centre.stop();
    await centre.start();
    const before = tester.reported();
    await until(() => tester.reported() > before + 3, { what: "more results", withinMs: 30_000 });
    await tester.stop();
    await arrived(gateway);
    await gateway.stop();
    await gateway.start();
    await until(async () => (await gateway.status())["uplink"], { what: "the restarted gateway", withinMs: 30_000 });
    await arrived(gateway);
    expect(await alarmsOf(gateway)).toEqual([]);
    expect(brokenPromises(await findings())).toEqual([]);
  }, 120_000);
});

describe.skipIf(faketime.skip)("a gateway whose clock is in 2065", () => {
  it(faketime.title("captures on, raises an alarm, and sends everything once its clock is set"), async () => {
    setClock("@2065-01-01 00:00:00");
    const env = {
      LD_PRELOAD: fakeTimeLibrary() ?? "",
      FAKETIME_TIMESTAMP_FILE: clockFile,
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
      DONT_FAKE_MONOTONIC: "1",
    };
    const { gateway, device, arrived, findings } = await open(env);
    const tester = keepReporting(device(id));
    await until(async () => (await alarmsOf(gateway)).includes("CERTIFICATE_EXPIRED"), {
      what: "the alarm",
      withinMs: 30_000,
    });
    const head = await headOf(gateway);
    await until(async () => (await headOf(gateway)) > head + 3, { what: "capture goes on", withinMs: 30_000 });
    setClock("+0d");
    await tester.stop();
    await arrived(gateway, 60_000);
    expect(await alarmsOf(gateway)).toEqual([]);
    expect(brokenPromises(await findings())).toEqual([]);
  }, 120_000);
});
