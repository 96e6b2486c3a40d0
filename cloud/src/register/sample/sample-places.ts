import type { SampleRows } from "./sample-rows.ts";

/** A market or canteen of the sample city. Its gateway has its own id. */
export interface SampleSite {
  readonly code: string;
  readonly name: string;
  readonly nameEn: string;
  readonly type: "market" | "canteen";
  readonly gw: string;
  readonly area: string;
  readonly calendar: string;
  readonly address: string;
  /** Rows of stalls, and stalls in each. */
  readonly rows: readonly (readonly [row: string, stalls: number])[];
}

const even = (rows: string, stalls: number): [string, number][] => Array.from(rows, (row) => [row, stalls]);

/** Three markets and two canteens with 360 stalls and kitchen places, each with a scale. */
export const sampleSites: readonly SampleSite[] = [
  {
    ...{ code: "songbai", name: "松柏农贸市场", nameEn: "Songbai market", type: "market", gw: "market-songbai" },
    ...{ area: "songbai-01", calendar: "market", address: "鹭江市思南区松柏路 12 号", rows: even("abcdef", 20) },
  },
  {
    ...{ code: "ningbao", name: "宁宝农贸市场", nameEn: "Ningbao market", type: "market", gw: "market-ningbao" },
    ...{ area: "ningbao-01", calendar: "market", address: "鹭江市思南区宁宝街 3 号", rows: even("abcde", 24) },
  },
  {
    ...{ code: "zhongpu", name: "中埔农贸市场", nameEn: "Zhongpu market", type: "market", gw: "market-zhongpu" },
    ...{ area: "zhongpu-01", calendar: "market", address: "鹭江市湖北区中埔路 88 号", rows: even("abcde", 22) },
  },
  {
    ...{ code: "shiyan", name: "实验小学食堂", nameEn: "Experimental school canteen", type: "canteen" },
    ...{
      gw: "canteen-shiyan",
      area: "songbai-02",
      calendar: "school",
      address: "鹭江市思南区书院路 5 号",
      rows: [["k", 5]],
    },
  },
  {
    ...{ code: "binhai", name: "滨海中学食堂", nameEn: "Binhai middle school canteen", type: "canteen" },
    ...{
      gw: "canteen-binhai",
      area: "zhongpu-02",
      calendar: "school",
      address: "鹭江市湖北区滨海道 21 号",
      rows: [["k", 5]],
    },
  },
];

/** Stations of the two districts. */
export const sampleStations = [
  { code: "songbai-st", name: "松柏所", nameEn: "Songbai station", district: "sinan", grids: "songbai" },
  { code: "ningbao-st", name: "宁宝所", nameEn: "Ningbao station", district: "sinan", grids: "ningbao" },
  { code: "zhongpu-st", name: "中埔所", nameEn: "Zhongpu station", district: "hubei", grids: "zhongpu" },
  { code: "dianqian-st", name: "殿前所", nameEn: "Dianqian station", district: "hubei", grids: "dianqian" },
] as const;

/** The area tree: one city, two districts, four stations, eight grids. */
export const sampleAreas = (): SampleRows => {
  const rows: string[][] = [
    ["lujiang", "鹭江市", "Lujiang", "city", "", "", ""],
    ["sinan", "思南区", "Sinan district", "district", "lujiang", "", ""],
    ["hubei", "湖北区", "Hubei district", "district", "lujiang", "", ""],
  ];
  for (const { code, name, nameEn, district, grids } of sampleStations) {
    rows.push([code, name, nameEn, "station", district, "", ""]);
    for (const grid of ["01", "02"]) {
      const place = name.slice(0, -1);
      rows.push([`${grids}-${grid}`, `${place}第${grid === "01" ? "一" : "二"}网格`, "", "grid", code, "", ""]);
    }
  }
  return rows;
};

/** Two-digit number of a stall in its row. */
export const stallNumber = (number: number): string => String(number).padStart(2, "0");

/** Every stall of a site: `a01`, `a02` … */
export const stallsOf = ({ rows }: SampleSite): string[] =>
  rows.flatMap(([row, stalls]) => Array.from({ length: stalls }, (_, index) => `${row}${stallNumber(index + 1)}`));
