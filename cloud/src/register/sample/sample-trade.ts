import { type SampleSite, sampleSites, stallsOf } from "./sample-places.ts";
import type { SampleRows } from "./sample-rows.ts";

const opened = "2025-06-01T00:00+08:00";

/** Trades by row of a market, with a word for the names of vendors. */
const trades = [
  ["蔬菜", "蔬菜"],
  ["水果", "鲜果"],
  ["猪肉", "鲜肉"],
  ["水产", "水产"],
  ["禽蛋", "禽蛋"],
  ["豆制品", "豆坊"],
] as const;

const surnames = Array.from("陈林黄张吴李郑王刘蔡杨许洪苏叶庄曾江徐谢");
const givenNames = Array.from("阿家兴福顺和美春秋月明海丰德诚");

const tradeOf = (site: SampleSite, stall: string): readonly [string, string] =>
  (site.type === "canteen" ? undefined : trades[stall.charCodeAt(0) - 97]) ?? ["食堂", "食堂"];

interface Stall {
  readonly site: SampleSite;
  readonly stall: string;
  readonly code: string;
  readonly vendor: string;
  /** Counts all stalls of the city. */
  readonly number: number;
}

const allStalls = (): Stall[] =>
  sampleSites
    .flatMap((site) => stallsOf(site).map((stall) => ({ site, stall })))
    .map(({ site, stall }, number) => ({
      ...{ site, stall, number, code: `${site.code}-${stall}` },
      vendor: site.type === "canteen" ? `${site.code}-kitchen` : `v${String(1001 + number)}`,
    }));

const vendorName = (number: number, word: string): string =>
  `${surnames[number % surnames.length]}${givenNames[Math.floor(number / surnames.length) % givenNames.length]}${word}`;

/** Stalls; those of canteens are places of the kitchen. */
export const sampleStalls = (): SampleRows =>
  allStalls().map(({ site, stall, code }) => [code, site.code, stall.toUpperCase(), tradeOf(site, stall)[0], "", ""]);

/** One vendor for each stall of a market and one for each canteen; every fortieth stall had another before. */
const formerVendor = ({ site, number }: Stall): string | undefined =>
  site.type === "market" && number % 40 === 39 ? `v${String(9001 + number)}` : undefined;

const changeover = "2026-03-01T12:00+08:00";

/** Vendors. */
export const sampleVendors = (): SampleRows => {
  const rows = new Map<string, readonly string[]>();
  for (const stall of allStalls()) {
    const [, word] = tradeOf(stall.site, stall.stall);
    const name = stall.site.type === "canteen" ? stall.site.name : vendorName(stall.number, word);
    const licence = `92350200MA${String(100_000 + stall.number * 7)}`;
    if (!rows.has(stall.vendor)) rows.set(stall.vendor, [stall.vendor, name, licence, "", ""]);
    const former = formerVendor(stall);
    if (former !== undefined) rows.set(former, [former, vendorName(stall.number + 7, word), "", "", ""]);
  }
  return [...rows.values()];
};

/** Who sells where. */
export const sampleTenancies = (): SampleRows =>
  allStalls().flatMap((stall): string[][] => {
    const former = formerVendor(stall);
    if (former === undefined) return [[stall.code, stall.vendor, opened, ""]];
    return [
      [stall.code, former, opened, changeover],
      [stall.code, stall.vendor, changeover, ""],
    ];
  });

/** A scale at every stall, a rapid tester in every market, and the gateways themselves. */
export const sampleDevices = (): SampleRows => [
  ...allStalls().map(({ site, stall, number }) => {
    const [maker, model] = stall.startsWith("b") ? ["上海耀华", "XK3190-A9"] : ["梅特勒-托利多", "bTwin"];
    return [site.gw, `scale-${stall}`, "scale", maker ?? "", model ?? "", `S${String(260_001 + number)}`, "", ""];
  }),
  ...sampleSites
    .filter(({ type }) => type === "market")
    .map(({ gw }) => [gw, "tester-1", "tester", "", "", "", "", ""]),
  ...sampleSites.map(({ gw }) => [gw, gw, "gateway", "", "", "", "", ""]),
];

/** Two neighbours of Ningbao market swapped their scales at midday. */
const swapped = "2026-05-12T12:30+08:00";

/** Where devices stand. */
export const samplePlacements = (): SampleRows => [
  ...allStalls().flatMap(({ site, stall, code }): string[][] => {
    const dev = `scale-${stall}`;
    const other = site.code !== "ningbao" ? undefined : { e23: "e24", e24: "e23" }[stall];
    if (other === undefined) return [[site.gw, dev, code, "", opened, ""]];
    return [
      [site.gw, dev, code, "", opened, swapped],
      [site.gw, dev, `${site.code}-${other}`, "", swapped, ""],
    ];
  }),
  ...sampleSites.filter(({ type }) => type === "market").map(({ gw, code }) => [gw, "tester-1", "", code, opened, ""]),
  ...sampleSites.map(({ gw, code }) => [gw, gw, "", code, opened, ""]),
];

/** Scales are verified every year: most in the spring, those of one row of Ningbao market in the last days of the year. */
export const sampleVerifications = (): SampleRows =>
  allStalls().map(({ site, stall, number }) => {
    const isDue = site.code === "ningbao" && stall.startsWith("e");
    const certificate = `JL2026-${String(10_001 + number)}`;
    return [site.gw, `scale-${stall}`, certificate, isDue ? "2026-12-15" : "2027-04-30", opened, ""];
  });

/** A lot of reagent in every market's tester. */
export const sampleReagents = (): SampleRows =>
  sampleSites
    .filter(({ type }) => type === "market")
    .map(({ gw, code }) => [`OPC-2609-${code}`, "有机磷速测试剂", "OPC", gw, "tester-1", "2027-03-31", opened, ""]);
