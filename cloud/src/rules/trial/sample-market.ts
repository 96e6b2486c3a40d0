import { MingchengError } from "@mingcheng/protocols";
import { zoneClock } from "../../register/model/validity.ts";
import { registerMigrations } from "../../register/register-database.ts";
import { RegisterDesk } from "../../register/register-desk.ts";
import type { SqliteDatabase } from "../../store/database.ts";
import { Database } from "../../store/sqlite-engine.ts";

type Entry = readonly [kind: string, values: Readonly<Record<string, string>>];

const everyDay = "1234567";
const stalls = [1, 2, 3, 4].map((number) => `market-a-a0${number}`);

/**
 * The market of acceptance cases: `market-a`, open 06:00 to 19:00 every day, four stalls with scale-01 to scale-04, and
 * tester-1 of the market as a whole; a school canteen `school` with `canteen-a`/camera-1 and meals from 11:00 to 13:00 on
 * school days.
 */
const sampleMarket: readonly Entry[] = [
  ["areas", { code: "city", name: "示例市", level: "city" }],
  ["areas", { code: "district", name: "示例区", level: "district", parent: "city" }],
  ["areas", { code: "station", name: "示例所", level: "station", parent: "district" }],
  ["calendars", { code: "market-hours", name: "市场营业时间" }],
  ["hours", { calendar: "market-hours", purpose: "open", days: everyDay, start: "06:00", end: "19:00" }],
  ["calendars", { code: "school-hours", name: "学校供餐时间" }],
  ["hours", { calendar: "school-hours", purpose: "meal", days: "12345", start: "11:00", end: "13:00" }],
  ["hours", { calendar: "school-hours", purpose: "open", days: "12345", start: "06:00", end: "18:00" }],
  ["sites", { code: "market-a", name: "示例市场", type: "market", area: "station", calendar: "market-hours" }],
  ["sites", { code: "school", name: "示例小学食堂", type: "canteen", area: "station", calendar: "school-hours" }],
  ...stalls.map((code): Entry => ["stalls", { code, site: "market-a", label: code.slice(-3).toUpperCase() }]),
  ["units", { code: "kg", name: "公斤", dimension: "mass", grams: "1000" }],
  ["items", { code: "1001", name: "韭菜", unit: "kg" }],
  ["items", { code: "1002", name: "豇豆", unit: "kg" }],
  ...stalls.flatMap((stall, index): Entry[] => [
    ["devices", { gw: "market-a", dev: `scale-0${index + 1}`, class: "scale" }],
    ["placements", { gw: "market-a", dev: `scale-0${index + 1}`, stall }],
  ]),
  ["devices", { gw: "market-a", dev: "tester-1", class: "tester" }],
  ["placements", { gw: "market-a", dev: "tester-1", site: "market-a" }],
  ["devices", { gw: "canteen-a", dev: "camera-1", class: "camera" }],
  ["placements", { gw: "canteen-a", dev: "camera-1", site: "school" }],
  ["officers", { code: "o-market", name: "市场管理员" }],
  ["officers", { code: "o-station", name: "所站值班" }],
  ["officers", { code: "o-district", name: "区局值班" }],
  ["officers", { code: "o-city", name: "市局值班" }],
  ["duties", { site: "market-a", tier: "operator", rank: "1", officer: "o-market" }],
  ["duties", { area: "station", tier: "station", rank: "1", officer: "o-station" }],
  ["duties", { area: "district", tier: "district", rank: "1", officer: "o-district" }],
  ["duties", { area: "city", tier: "city", rank: "1", officer: "o-city" }],
];

type Entries = readonly { readonly kind: string; readonly values: Readonly<Record<string, string>> }[];

const fill = (database: SqliteDatabase, timezone: string, put: Entries): void => {
  const origin = { by: "cases", source: "cases", note: "", atMs: 0 };
  const desk = new RegisterDesk(database, zoneClock(timezone));
  const { change, findings } = desk.change({ put, withdraw: [], dryRun: false }, origin);
  if (change !== null) return;
  const [{ kind, column, zh, en } = { kind: "", column: "", zh: "", en: "" }] = findings;
  throw new MingchengError("RULE_INVALID", `${kind} ${column ?? ""}: ${zh} / ${en}`, { field: "register" });
};

const marketBytes = new Map<string, Buffer>();

/** The sample market is checked once and copied from then on. */
const marketOf = (timezone: string): Buffer => {
  const known = marketBytes.get(timezone);
  if (known !== undefined) return known;
  const database = new Database(":memory:");
  for (const migration of registerMigrations) migration(database);
  fill(
    database,
    timezone,
    sampleMarket.map(([kind, values]) => ({ kind, values })),
  );
  const bytes = database.serialize();
  database.close();
  marketBytes.set(timezone, bytes);
  return bytes;
};

/**
 * A register in memory with the sample market and what a case adds to it.
 * @throws {MingchengError} RULE_INVALID when the register refuses an entry
 */
export const sampleRegister = (
  timezone: string,
  added: readonly Readonly<Record<string, string>>[],
): SqliteDatabase => {
  const database = new Database(marketOf(timezone));
  if (added.length === 0) return database;
  fill(
    database,
    timezone,
    added.map(({ kind = "", from, to, ...values }) => ({ kind, values, from, to })),
  );
  return database;
};
