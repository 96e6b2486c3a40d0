import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { parseArgs } from "node:util";
import { importFiles } from "../import/import-files.ts";
import { kindNamed, registerKinds } from "../model/kinds.ts";
import { headerOf } from "../model/register-kind.ts";
import { minuteOf, zoneClock } from "../model/validity.ts";
import { openRegister } from "../register-database.ts";
import { AttributionIndex } from "./attribution-index.ts";

/**
 * The attribution benchmark's process: `node bench-entry.js --scales N --items N --seconds S --dir DIR`. Imports a city
 * with history into an empty register, indexes it, attributes at random devices and minutes, changes the register and
 * lets the index follow. Prints one line of JSON.
 */
interface BenchResult {
  readonly scales: number;
  readonly entries: number;
  readonly importSeconds: number;
  readonly importRssMb: number;
  readonly itemsPerSecond: number;
  readonly loadSeconds: number;
  /** Resident memory that the index added. */
  readonly indexMb: number;
  readonly rssMb: number;
  readonly attributions: number;
  readonly seconds: number;
  readonly attributionsPerSecond: number;
  /** Says the same on a machine that has other things to do. */
  readonly attributionsPerCpuSecond: number;
  /** Of them, those that named a stall, a vendor, a site and four areas: the rest falls before the register begins. */
  readonly complete: number;
  readonly refreshMs: number;
}

const clock = zoneClock("Asia/Shanghai");
const stallsPerSite = 120;
/** Positions and vendors that each scale and stall has had. */
const historyLength = 5;
const firstMinute = minuteOf(Date.UTC(2025, 0, 1));
const stepMinutes = 90 * 1440 + 77;
const boundary = (turn: number): string => clock.format(firstMinute + turn * stepMinutes);

const siteOf = (number: number): string => `site-${Math.floor(number / stallsPerSite)}`;
const gatewayOf = (number: number): string => `gw-${Math.floor(number / stallsPerSite)}`;
const deviceOf = (number: number): string => `scale-${number % stallsPerSite}`;

function* areas(sites: number): Generator<string[]> {
  yield ["city", "City", "", "city", "", "", ""];
  for (let district = 0; district < 13; district++) yield [`d${district}`, "District", "", "district", "city", "", ""];
  for (let station = 0; station < 161; station++) {
    yield [`s${station}`, "Station", "", "station", `d${station % 13}`, "", ""];
  }
  for (let grid = 0; grid < sites; grid++) yield [`g${grid}`, "Grid", "", "grid", `s${grid % 161}`, "", ""];
}

/** Intervals of a history: `value` of each turn, from its boundary to the next. */
function* history(value: (turn: number) => readonly string[]): Generator<string[]> {
  for (let turn = 0; turn < historyLength; turn++) {
    yield [...value(turn), boundary(turn), turn === historyLength - 1 ? "" : boundary(turn + 1)];
  }
}

function* each(count: number, rows: (number: number) => Iterable<string[]>): Generator<string[]> {
  for (let number = 0; number < count; number++) yield* rows(number);
}

const cityOf = (scales: number, items: number): Readonly<Record<string, () => Iterable<string[]>>> => {
  const sites = Math.ceil(scales / stallsPerSite);
  return {
    areas: () => areas(sites),
    sites: () => each(sites, (site) => [[`site-${site}`, "Market", "", "market", `g${site}`, "", "", "", ""]]),
    stalls: () => each(scales, (stall) => [[`stall-${stall}`, siteOf(stall), String(stall), "", "", ""]]),
    vendors: () => each(scales, (vendor) => [[`vendor-${vendor}`, "Vendor", "", "", ""]]),
    tenancies: () =>
      each(scales, (stall) => history((turn) => [`stall-${stall}`, `vendor-${(stall + turn * 31) % scales}`])),
    units: () => [["kg", "公斤", "kilogram", "mass", "1000", "", ""]],
    items: () => each(items, (item) => [[`item-${item}`, `品种${item}`, "", "蔬菜", "kg", "", ""]]),
    devices: () => each(scales, (scale) => [[gatewayOf(scale), deviceOf(scale), "scale", "", "", "", "", ""]]),
    placements: () =>
      each(scales, (scale) =>
        history((turn) => [gatewayOf(scale), deviceOf(scale), `stall-${(scale + turn * 17) % scales}`, ""]),
      ),
  };
};

const writeFileOf = async (path: string, header: readonly string[], rows: Iterable<string[]>): Promise<number> => {
  let count = 0;
  const lines = function* (): Generator<string> {
    yield `${header.join(",")}\n`;
    for (const row of rows) {
      count++;
      yield `${row.join(",")}\n`;
    }
  };
  await pipeline(Readable.from(lines()), createWriteStream(path));
  return count;
};

const rssMb = (): number => process.memoryUsage().rss / 2 ** 20;

/** Deterministic numbers: the same devices and minutes in every run. */
const sequence = (): (() => number) => {
  let state = 0x2545_f491;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
};

const measure = (index: AttributionIndex, scales: number, seconds: number) => {
  const random = sequence();
  const gateways = Array.from({ length: Math.ceil(scales / stallsPerSite) }, (_, number) => `gw-${number}`);
  const devices = Array.from({ length: stallsPerSite }, (_, number) => `scale-${number}`);
  const span = historyLength * stepMinutes;
  let attributions = 0;
  let complete = 0;
  const startedMs = performance.now();
  let elapsedMs = 0;
  const usedBefore = process.cpuUsage();
  while (elapsedMs < seconds * 1000) {
    for (let turn = 0; turn < 1000; turn++) {
      const scale = Math.floor(random() * scales);
      const gw = gateways[Math.floor(scale / stallsPerSite)] ?? "";
      const minute = firstMinute + Math.floor((random() - 0.02) * span);
      const found = index.attribute(gw, devices[scale % stallsPerSite] ?? "", minute);
      if (found.vendor !== null && found.areas.length === 4) complete++;
    }
    attributions += 1000;
    elapsedMs = performance.now() - startedMs;
  }
  const used = process.cpuUsage(usedBefore);
  const cpuSeconds = (used.user + used.system) / 1e6;
  return { attributions, complete, seconds: elapsedMs / 1000, attributionsPerCpuSecond: attributions / cpuSeconds };
};

const main = async (): Promise<void> => {
  const text = { type: "string" } as const;
  const { values } = parseArgs({ options: { scales: text, items: text, seconds: text, dir: text } });
  const { dir = "." } = values;
  const [scales, items] = [Number(values.scales), Number(values.items)];
  const city = cityOf(scales, items);
  const database = openRegister(dir);
  const load = async (names: readonly string[]) => {
    const files = [];
    for (const kind of registerKinds.filter(({ kind: name }) => names.includes(name))) {
      const path = join(dir, `${kind.kind}.csv`);
      await writeFileOf(path, headerOf(kind), city[kind.kind]?.() ?? []);
      files.push({ kind, path });
    }
    const startedMs = performance.now();
    const report = await importFiles(database, clock, { files, by: "bench", note: "", atMs: 0, dryRun: false });
    if (report.change === null) throw new Error(JSON.stringify(report.findings.slice(0, 5)));
    return { rows: report.rows, seconds: (performance.now() - startedMs) / 1000 };
  };
  const itemImport = await load(["units", "items"]);
  const rest = await load(Object.keys(city).filter((name) => !["units", "items"].includes(name)));
  const importRssMb = rssMb();
  const beforeMb = rssMb();
  let startedMs = performance.now();
  const index = new AttributionIndex(database);
  const loadSeconds = (performance.now() - startedMs) / 1000;
  const indexMb = rssMb() - beforeMb;
  const measured = measure(index, scales, Number(values.seconds));
  const moved = join(dir, "moved.csv");
  const lastTurn = boundary(historyLength - 1);
  await writeFileOf(moved, headerOf(kindNamed("placements")), [
    [gatewayOf(0), deviceOf(0), "stall-0", "", lastTurn, ""],
  ]);
  const files = [{ kind: kindNamed("placements"), path: moved }];
  await importFiles(database, clock, { files, by: "bench", note: "", atMs: 0, dryRun: false });
  startedMs = performance.now();
  if (!index.refresh()) throw new Error("the index did not follow");
  const refreshMs = performance.now() - startedMs;
  const result: BenchResult = {
    ...{ scales, entries: itemImport.rows + rest.rows, importSeconds: itemImport.seconds + rest.seconds, importRssMb },
    ...{ itemsPerSecond: itemImport.rows / itemImport.seconds, loadSeconds, indexMb, rssMb: rssMb(), refreshMs },
    ...{ ...measured, attributionsPerSecond: measured.attributions / measured.seconds },
  };
  console.log(JSON.stringify(result));
  database.close();
};

await main();
