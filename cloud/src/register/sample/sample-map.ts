import { type SampleSite, sampleSites, stallsOf } from "./sample-places.ts";
import type { SampleRows } from "./sample-rows.ts";

type Position = readonly [x: number, y: number];

/** A ring through corners, closed. */
const polygon = (corners: readonly Position[]): string =>
  JSON.stringify({ type: "Polygon", coordinates: [[...corners, corners[0]]] });

const box = (x: number, y: number, width: number, height: number): string =>
  polygon([
    [x, y],
    [x + width, y],
    [x + width, y + height],
    [x, y + height],
  ]);

/** The shore of an island, in metres. */
const shore: readonly Position[] = [
  ...([
    [0, 900],
    [750, 450],
    [1500, 0],
    [3300, 300],
    [4700, 1200],
    [5100, 2700],
    [5250, 3500],
    [5400, 4300],
  ] as const),
  ...([
    [5000, 5600],
    [3500, 6100],
    [1600, 6300],
    [100, 5700],
    [-500, 4100],
    [-450, 3300],
    [-300, 2500],
  ] as const),
];

/** Its eight grids. */
const grids: Readonly<Record<string, readonly Position[]>> = {
  "songbai-01": [
    [0, 900],
    [750, 450],
    [600, 2350],
    [-300, 2500],
  ],
  "songbai-02": [
    [750, 450],
    [1500, 0],
    [1500, 2200],
    [600, 2350],
  ],
  "ningbao-01": [
    [1500, 0],
    [3300, 300],
    [3200, 2300],
    [1500, 2200],
  ],
  "ningbao-02": [
    [3300, 300],
    [4700, 1200],
    [5100, 2700],
    [5250, 3500],
    [3250, 3250],
    [3200, 2300],
  ],
  "zhongpu-01": [
    [-300, 2500],
    [600, 2350],
    [500, 4050],
    [-500, 4100],
    [-450, 3300],
  ],
  "zhongpu-02": [
    [600, 2350],
    [1500, 2200],
    [3200, 2300],
    [3250, 3250],
    [3300, 4200],
    [1400, 4000],
    [500, 4050],
  ],
  "dianqian-01": [
    [-500, 4100],
    [500, 4050],
    [1400, 4000],
    [1600, 6300],
    [100, 5700],
  ],
  "dianqian-02": [
    [1400, 4000],
    [3300, 4200],
    [3250, 3250],
    [5250, 3500],
    [5400, 4300],
    [5000, 5600],
    [3500, 6100],
    [1600, 6300],
  ],
};

/** Where the sites stand. */
const sitesAt: Readonly<Record<string, Position>> = {
  ...{ songbai: [250, 1500], ningbao: [2400, 1250], zhongpu: [50, 3250], shiyan: [1100, 1250], binhai: [2300, 3300] },
};

/** Stalls of a site, in rows with an aisle between each two; metres from the south-west corner. */
const stallRows = (site: SampleSite): string[][] => {
  const [width, depth, aisle] = [3, 2.5, 3.5];
  const rows = [...new Set(stallsOf(site).map((stall) => stall[0]))];
  return stallsOf(site).map((stall) => {
    const row = rows.indexOf(stall[0]);
    const number = Number(stall.slice(1)) - 1;
    const perLine = site.type === "market" ? 12 : 5;
    const line = row * 2 + Math.floor(number / perLine);
    const y = (rows.length * 2 - 1 - line) * depth + Math.floor((rows.length * 2 - 1 - line) / 2) * aisle;
    return ["stall", `${site.code}-${stall}`, box((number % perLine) * width, y, width, depth), "", ""];
  });
};

/** The island, its areas, its sites, and floor plans of all sites. Nothing of it is anywhere. */
export const sampleGeometries = (): SampleRows => [
  ["area", "lujiang", polygon(shore), "", ""],
  ...Object.entries(grids).map(([code, ring]) => ["area", code, polygon(ring), "", ""]),
  ...Object.entries(sitesAt).map(([code, at]) => [
    ...["site", code, JSON.stringify({ type: "Point", coordinates: at }), "", ""],
  ]),
  ...sampleSites.flatMap(stallRows),
];
