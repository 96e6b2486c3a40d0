import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sampleNowMs, testOf, weighingOf } from "../../../test/memory-ledger.ts";
import { TestedReader } from "../../../test/tested-reader.ts";
import { twoCounties } from "../../../test/two-counties.ts";
import { zoneClock } from "../../register/model/validity.ts";
import { RegisterDesk } from "../../register/register-desk.ts";
import { Cover } from "../../users/cover.ts";

const shape = (x: number): string => JSON.stringify({ type: "Point", coordinates: [x, 1] });
const shapes = [
  ["geometries", { place: "site", code: "songbai", shape: shape(1) }],
  ["geometries", { place: "site", code: "zhongpu", shape: shape(2) }],
  ["geometries", { place: "area", code: "xm", shape: shape(3) }],
  ["geometries", { place: "stall", code: "songbai-a01", shape: shape(4) }],
  ["geometries", { place: "stall", code: "zhongpu-a01", shape: shape(5) }],
] as const;

let tested: TestedReader;
const own = Cover.bounded({ areas: ["siming"], sites: [] });
const wall = (cover = Cover.everything) => tested.reader.wall.wall(cover);

/** Puts entries into the register, as another connection does; returns what was found wrong. */
const register = (entries: readonly (readonly [string, Readonly<Record<string, string>>, string?, string?])[]) =>
  new RegisterDesk(tested.centre.register, zoneClock("Asia/Shanghai")).change(
    {
      put: entries.map(([kind, values, from, to]) => ({ kind, values, from, to })),
      ...{ withdraw: [], dryRun: false },
    },
    { by: "test", source: "test", note: "", atMs: sampleNowMs },
  ).findings;

beforeEach(() => {
  tested = new TestedReader();
  register([...twoCounties, ...shapes] as never);
  tested.centre.gateway("market-a", "松柏市场", true, sampleNowMs);
  tested.centre.gateway("market-z", "中埔市场", false, sampleNowMs - 60_000);
  const minutesAgo = (minutes: number): number => sampleNowMs - minutes * 60_000;
  tested.commit({ kind: "weighing", body: weighingOf("500") }, minutesAgo(2));
  tested.commit({ kind: "weighing", body: weighingOf("300") }, minutesAgo(90));
  const tester = { kind: "test", dev: "tester-1" } as const;
  tested.commit({ ...tester, body: testOf("s1", "positive") }, minutesAgo(5));
  tested.commit({ ...tester, body: testOf("s2", "negative") }, minutesAgo(4));
  tested.commit({ ...tester, body: testOf("s2", "negative", { resendOf: "earlier" }) }, minutesAgo(3));
  tested.commit({ ...tester, body: testOf("old", "positive") }, minutesAgo(2 * 24 * 60));
  tested.commit({ gw: "market-z", kind: "weighing", body: weighingOf("77.7") }, minutesAgo(3));
  tested.centre.project();
});
afterEach(() => tested.close());

describe("a wall", () => {
  it("counts the day by site and item, each result once and yesterday's not, the same as the page of the day", () => {
    const { sites, items, lsn, head } = wall();
    const site = (code: string) => sites.find((each) => each.code === code);
    expect(site("songbai")).toMatchObject({
      ...{ name: "松柏市场", weighings: 2, grams: "800", tests: 2, positive: 1 },
      gateways: { all: 1, away: 0, awaySince: null },
    });
    expect(site("zhongpu")).toMatchObject({ weighings: 1, grams: "77.7", gateways: { away: 1 } });
    expect(items).toMatchObject([{ tests: 2, positive: 1, suspect: 0 }]);
    expect(lsn).toBe(head);
    const { totals } = tested.reader.today(null, Cover.everything);
    expect(sites.reduce((sum, { weighings }) => sum + weighings, 0)).toBe(totals.weighings);
    expect(sites.reduce((sum, { tests }) => sum + tests, 0)).toBe(totals.tests.all);
  });

  it("shows nobody another county: neither figures, nor map, nor plan, nor devices", () => {
    expect(wall(own).sites.map(({ code }) => code)).toEqual(["songbai"]);
    const codes = (site: string | null, cover: Cover) =>
      tested.reader.wall.map(site, cover).features.map(({ place, code }) => `${place} ${code}`);
    expect(codes(null, Cover.everything).sort()).toEqual(["area xm", "site songbai", "site zhongpu"]);
    expect(codes(null, own).sort()).toEqual(["area xm", "site songbai"]);
    expect(codes("songbai", own)).toEqual(["stall songbai-a01"]);
    expect(codes("zhongpu", own)).toEqual([]);
    expect(tested.reader.wall.devices("zhongpu", own).devices).toEqual([]);
    expect(JSON.stringify([wall(own), tested.reader.wall.map(null, own)])).not.toMatch(/zhongpu|中埔|77\.7/);
  });

  it("counts a device that was moved in the course of the day at each place what it did there", () => {
    register([
      ["placements", { gw: "market-a", dev: "scale-01", stall: "songbai-a01" }, "", "2026-11-23T13:00+08:00"],
      ["placements", { gw: "market-a", dev: "scale-01", stall: "zhongpu-a01" }, "2026-11-23T13:00+08:00"],
    ]);
    const day = wall();
    const weighed = day.sites.map(({ code, weighings, grams }) => [code, weighings, grams]);
    expect(day.asOf.slice(0, 16), "the sample's present").toBe(new Date(sampleNowMs).toISOString().slice(0, 16));
    expect(weighed.reduce((sum, [, n]) => sum + Number(n), 0)).toBe(3);
    expect(new Map(weighed.map(([code, ...rest]) => [code, rest])).get("zhongpu")?.[0]).toBeGreaterThan(1);
  });

  it("counts sales at each place where they were made, refunds taken off", () => {
    const line = (amountFen: number) => ({
      ...{ item: "1", chosenBy: "vision", soldBy: "weight", weight: "1", unit: "jin", unitSaid: "斤", grams: "500" },
      ...{ count: null, tare: null, unitPriceFen: 450, grossAmountFen: null, amountFen },
      ...{ mismatch: false, differenceFen: "0" },
    });
    const saleOf = (type: "sale" | "refund", amountFen: number) => ({
      ...{ protocol: "smart-scale", type, number: null, receipt: "R-1", at: null, department: null, store: null },
      ...{ scale: null, stall: "A12", lines: [line(amountFen)], amountFen },
      ...(type === "refund" ? { refersTo: { receipt: "R-1", message: null } } : {}),
    });
    const at = (time: string) => Date.parse(`2026-11-23T${time}:00+08:00`);
    tested.commit({ kind: "sale", body: saleOf("sale", 500) }, at("12:59"));
    tested.commit({ kind: "sale", body: saleOf("sale", 300) }, at("13:00"));
    tested.commit({ kind: "sale", body: saleOf("refund", -120) }, at("13:30"));
    tested.commit({ kind: "sale", dev: "scale-02", body: saleOf("sale", 70) }, at("13:30"));
    tested.commit({ kind: "sale", dev: "scale-02", body: saleOf("sale", 9_000) }, at("13:30") - 24 * 3_600_000);
    tested.centre.project();
    const sold = (cover = Cover.everything) =>
      wall(cover).sites.flatMap(({ code, sales, amountFen }) => (sales > 0 ? [[code, sales, amountFen]] : []));
    expect(sold()).toEqual([
      ["songbai", 2, 680],
      [null, 1, 70],
    ]);
    register([
      ["placements", { gw: "market-a", dev: "scale-01", stall: "songbai-a01" }, "", "2026-11-23T13:00+08:00"],
      ["placements", { gw: "market-a", dev: "scale-01", stall: "zhongpu-a01" }, "2026-11-23T13:00+08:00"],
    ]);
    tested.reader.wall.forget();
    // Before and behind the minute of the move; the refund with the later place, where it took more than nothing off.
    expect(sold()).toEqual(
      expect.arrayContaining([
        ["songbai", 1, 500],
        ["zhongpu", 1, 180],
        [null, 1, 70],
      ]),
    );
    expect(sold(own)).toEqual([["songbai", 1, 500]]);
  });

  it("counts a camera as online while its picture is live, as it said last", () => {
    const said = (state: string, minutesAgo: number) =>
      tested.commit(
        {
          ...{ kind: "camera", dev: "kitchen-1" },
          body: { event: "state", zone: "cooking", state, previous: null, reason: "test", previousMs: null },
        },
        sampleNowMs - minutesAgo * 60_000,
      );
    const cameras = () => {
      tested.centre.project();
      tested.reader.wall.forget();
      return wall()
        .sites.map(({ cameras: counted }) => counted)
        .find(({ all }) => all > 0);
    };
    said("live", 10);
    expect(cameras()).toEqual({ all: 1, online: 1 });
    said("frozen", 5);
    expect(cameras()).toEqual({ all: 1, online: 0 });
  });

  it("says how the devices of a site stand, each at its stall", () => {
    expect(tested.reader.wall.devices("songbai", own).devices).toMatchObject([
      { dev: "scale-01", stall: { code: "songbai-a01", label: "A01" }, weighings: 2 },
      { dev: "tester-1", stall: null, tests: 2 },
    ]);
  });
});

describe("a shape of the register", () => {
  it.each([
    ["no JSON", "{"],
    [
      "a line",
      JSON.stringify({
        type: "LineString",
        coordinates: [
          [0, 0],
          [1, 1],
        ],
      }),
    ],
    [
      "an open ring",
      JSON.stringify({
        type: "Polygon",
        coordinates: [
          [
            [0, 0],
            [1, 0],
            [1, 1],
            [0, 1],
          ],
        ],
      }),
    ],
    ["heights", JSON.stringify({ type: "Point", coordinates: [1, 2, 3] })],
    ["no numbers", JSON.stringify({ type: "Point", coordinates: ["1", 2] })],
    ["far away", JSON.stringify({ type: "Point", coordinates: [1e9, 2] })],
  ])("is refused when it is %s", (_what, text) => {
    expect(register([["geometries", { place: "site", code: "songbai", shape: text }]])).toMatchObject([
      { kind: "geometries", column: "shape", code: "invalid" },
    ]);
  });

  it("is refused for what is not registered", () => {
    expect(register([["geometries", { place: "stall", code: "songbai", shape: shape(1) }]])).toMatchObject([
      { column: "code", code: "rule" },
    ]);
  });
});
