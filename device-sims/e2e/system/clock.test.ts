import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Today } from "@mingcheng/protocols";
import { afterEach, describe, expect, it } from "vitest";
import type { ComparedRecord } from "../../src/comparison/readings.ts";
import { brokenPromises, type MarketUnderTest, openMarket } from "../../src/harness/market.ts";
import { fakeTimeLibrary, needs } from "../../src/harness/requirements.ts";
import { until } from "../../src/harness/until.ts";
import { hastyTester, keepReporting } from "./busy-tester.ts";

const faketime = needs("libfaketime");
let market: MarketUnderTest | undefined;

afterEach(() => market?.close());

/** Environment under which a process sees the wall clock that `file` says; its monotonic clock stays true. */
const wallClock = (file: string): Readonly<Record<string, string>> => ({
  LD_PRELOAD: fakeTimeLibrary() ?? "",
  FAKETIME_TIMESTAMP_FILE: file,
  FAKETIME_NO_CACHE: "1",
  FAKETIME_DONT_FAKE_MONOTONIC: "1",
  DONT_FAKE_MONOTONIC: "1",
});

const clockFile = join(process.env["TMPDIR"] ?? "/tmp", `mingcheng-clock-${process.pid}`);

const setClock = (time: string): void => {
  writeFileSync(`${clockFile}.new`, `${time}\n`);
  renameSync(`${clockFile}.new`, clockFile);
};

const twoWeeksMs = 14 * 86_400_000;

/** Jumps by (about) two weeks or more for this cause that the gateway itself recorded. */
const recordedJumps = (records: readonly ComparedRecord[], cause: string): number =>
  records.filter(
    ({ kind, body }) =>
      kind === "clock" && body["cause"] === cause && Math.abs(Number(body["step_ms"])) > 0.99 * twoWeeksMs,
  ).length;

/** Whether a record was stamped with the time of a clock that nobody had set. */
const isOf1970 = (record: ComparedRecord): boolean => {
  const { t } = record as ComparedRecord & { readonly t: { readonly wall: string; readonly sync: string } };
  return t.wall.startsWith("1970") && t.sync === "none";
};

const minutesOff = (at: string): number => Math.abs(Date.parse(at) - Date.now()) / 60_000;

describe.skipIf(faketime.skip)("a gateway with a wrong clock", () => {
  it.each([
    // One jump: from 1970 to the centre's time.
    ["in 1970", ["@1970-01-01 00:10:00"], { jumps: 1, cause: "receipt", from1970: true }],
    ["that jumps two weeks both ways", ["+0d", "+14d", "+0d", "-14d"], { jumps: 3, cause: "step", from1970: false }],
  ])(
    faketime.title("%s loses, overwrites and reorders nothing, and today's rows show as today"),
    async (_name, clocks, { jumps, cause, from1970 }) => {
      setClock(clocks[0] ?? "+0d");
      const env = wallClock(clockFile);
      market = await openMarket([{ gw: "box-a", devices: [{ id: "box-a-tester", ...hastyTester }], setup: { env } }]);
      const { device, gateways, arrived, findings, api, said, evidence } = market;
      const acknowledged = () => said.filter(({ event }) => event === "result-acknowledged").length;
      const tester = keepReporting(device("box-a-tester"));
      for (const clock of clocks) {
        setClock(clock);
        const before = acknowledged();
        await until(() => acknowledged() > before + 5, { what: `results under ${clock}`, withinMs: 20_000 });
      }
      await tester.stop();
      const [gateway] = gateways;
      if (gateway === undefined) throw new Error("no gateway");
      await arrived(gateway);
      expect(brokenPromises(await findings())).toEqual([]);
      const records = await evidence("box-a");
      // The clock really was wrong, and the records tell the truth about it.
      expect(recordedJumps(records, cause)).toBe(jumps);
      expect(records.some(isOf1970)).toBe(from1970);
      const today = await until(
        async () => {
          const now = await (await api()).get<Today>("/api/v1/today");
          return now.totals.tests.all >= acknowledged() ? now : undefined;
        },
        { what: "today's count", withinMs: 15_000 },
      );
      expect(today.totals.tests.all).toBe(acknowledged());
      // Effective times are those of this machine's true clock.
      expect(Math.max(...today.tests.map(({ at }) => minutesOff(at)))).toBeLessThanOrEqual(2);
    },
    90_000,
  );
});
