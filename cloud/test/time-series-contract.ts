import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TimeSeries } from "../src/timeseries/time-series.ts";
import { Cover } from "../src/users/cover.ts";
import { FedCentre } from "./fed-centre.ts";
import { deviceOf, sampleNowMs, testOf, trustedTime, weighingOf } from "./memory-ledger.ts";
import { smallCity } from "./tested-register.ts";

const hourMs = 3_600_000;
/** Midnight in Shanghai before `sampleNowMs`, which is 14:05. */
const dayMs = Date.parse("2026-11-23T00:00:00+08:00");
const today = { fromMs: dayMs, toMs: dayMs + 24 * hourMs };
const at = (hour: number, minute = 0): number => dayMs + hour * hourMs + minute * 60_000;

const sale = (type: "sale" | "refund", amountFen: number): Record<string, unknown> => ({
  ...{ protocol: "mingcheng-json", type, number: "1", at: null, department: null, store: null, scale: null },
  ...{ lines: [], amountFen },
});

/** A market and a canteen; a scale that is moved at noon; tests of two items; sales, a refund; a line in dispute. */
const fill = (fed: FedCentre): void => {
  const scale = { gw: "gw-1", dev: "scale-1" };
  fed.register(
    ...smallCity,
    ["placements", { ...scale, stall: "songbai-a01" }, "2026-01-01", "2026-11-23 12:00"],
    ["placements", { ...scale, site: "school" }, "2026-11-23 12:00"],
    ["devices", { gw: "gw-1", dev: "tester-1", class: "tester" }],
    ["placements", { gw: "gw-1", dev: "tester-1", site: "songbai" }],
    ["items", { code: "0101", name: "韭菜", category: "蔬菜", unit: "kg" }],
    ["items", { code: "0102", name: "番茄", category: "蔬菜", unit: "kg" }],
  );
  const say = (kind: string, body: Record<string, unknown>, atMs: number, rest: object = {}): void => {
    fed.commit({ kind, body, t: trustedTime(atMs, dayMs - hourMs), ...scale, ...rest }, Math.max(atMs, sampleNowMs));
  };
  for (const hour of [8, 8, 9, 11]) say("weighing", weighingOf("500.5"), at(hour, 59));
  say("weighing", { ...weighingOf("20"), mode: "tare" }, at(9, 1));
  for (const minute of [0, 1, 2]) say("weighing", weighingOf("250"), at(12, minute));
  say("weighing", weighingOf("1"), at(13), { dev: "scale-9" });
  const tester = { dev: "tester-1" };
  say("test", testOf("S-1", "positive"), at(8, 30), tester);
  say("test", testOf("S-1", "positive", { resendOf: "x" }), at(8, 31), tester);
  say("test", testOf("S-2", "negative"), at(9, 30), tester);
  for (const specimen of ["S-3", "S-4", "S-5"])
    say("test", testOf(specimen, "negative", { item: "番茄" }), at(10), tester);
  say("test", testOf("S-6", "positive", { item: "不认识" }), at(10, 1), tester);
  say("sale", sale("sale", 1_250), at(9));
  say("sale", sale("refund", -250), at(10));
  say("sale", sale("sale", 300), at(13));
  say("device", deviceOf("online"), at(7));
  say("device", deviceOf("silent"), at(10));
  say("weighing", weighingOf("9999"), at(9), { eid: "f".repeat(32), ep: 2 });
  fed.centre.dispute("f".repeat(32), "disputed");
};

/** What the store is opened with, over a centre that is filled and projected. */
export type OpenTimeSeries = (
  fed: FedCentre,
) => Promise<{ readonly series: TimeSeries; close(): Promise<void> | void }>;

/** The contract of {@link TimeSeries}: what every store must answer about the same day, worked out by hand. */
export const describeTimeSeries = (
  name: string,
  { skip, open }: { readonly skip: boolean; readonly open: OpenTimeSeries },
): void => {
  describe.skipIf(skip)(name, () => {
    let fed: FedCentre;
    let opened: Awaited<ReturnType<OpenTimeSeries>>;
    const market = Cover.bounded({ areas: [], sites: ["songbai"] });

    beforeAll(async () => {
      fed = new FedCentre();
      fill(fed);
      fed.centre.project();
      opened = await open(fed);
    });
    afterAll(async () => {
      await opened.close();
      fed.close();
    });

    it("counts the day by hours, for everybody and for those who see one site", async () => {
      const hours = await opened.series.hours(today, Cover.everything);
      expect(hours).toHaveLength(24);
      expect(hours[0]).toEqual({ fromMs: dayMs, weighings: 0, tests: 0 });
      const counts = (list: typeof hours) => list.slice(7, 14).map(({ weighings, tests }) => [weighings, tests]);
      expect(counts(hours)).toEqual([
        [0, 0],
        [2, 1],
        [2, 1],
        [0, 4],
        [1, 0],
        [3, 0],
        [1, 0],
      ]);
      const seen = await opened.series.hours(today, market);
      expect(counts(seen)).toEqual([
        [0, 0],
        [2, 1],
        [2, 1],
        [0, 4],
        [1, 0],
        [0, 0],
        [0, 0],
      ]);
      expect((await opened.series.hours(today, Cover.nothing)).every(({ weighings }) => weighings === 0)).toBe(true);
    });

    it("names the items with the largest share of positives first", async () => {
      const items = [
        { item: "unknown", name: "未知品种", tests: 1, positive: 1 },
        { item: "0101", name: "韭菜", tests: 2, positive: 1 },
        { item: "0102", name: "番茄", tests: 3, positive: 0 },
      ];
      expect(await opened.series.worstItems(today, Cover.everything, 10)).toEqual(items);
      expect(await opened.series.worstItems(today, market, 1)).toEqual(items.slice(0, 1));
      expect(await opened.series.worstItems({ fromMs: today.toMs, toMs: today.toMs + 1 }, market, 9)).toEqual([]);
    });

    it("compares sites, a scale that was moved counted where it stood", async () => {
      const school = { site: "school", weighings: 3, massMg: 750_000, tests: 0, sales: 1, amountFen: 300 };
      const songbai = { site: "songbai", weighings: 5, massMg: 2_002_000, tests: 6, sales: 1, amountFen: 1_000 };
      const nowhere = { site: "unplaced", weighings: 1, massMg: 1_000, tests: 0, sales: 0, amountFen: 0 };
      expect(await opened.series.sites(today, Cover.everything)).toEqual([school, songbai, nowhere]);
      expect(await opened.series.sites(today, market)).toEqual([songbai]);
    });

    it("tells when a device came and went", async () => {
      const history = await opened.series.deviceHistory({ gw: "gw-1", dev: "scale-1" }, today);
      expect(history).toEqual([
        { atMs: at(7), status: "online" },
        { atMs: at(10), status: "silent" },
      ]);
      expect(
        await opened.series.deviceHistory({ gw: "gw-1", dev: "scale-1" }, { fromMs: at(11), toMs: at(12) }),
      ).toEqual([]);
    });
  });
};
