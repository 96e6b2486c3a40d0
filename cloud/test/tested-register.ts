import type { ChangeOutcome } from "../src/register/change/apply-change.ts";
import { zoneClock } from "../src/register/model/validity.ts";
import { registerMigrations } from "../src/register/register-database.ts";
import { RegisterDesk } from "../src/register/register-desk.ts";
import { Database } from "../src/store/sqlite-engine.ts";

/** An entry in short: kind, values, from, to. Times are local (Asia/Shanghai). */
export type ShortEntry = readonly [
  kind: string,
  values: Readonly<Record<string, string>>,
  from?: string | undefined,
  to?: string | undefined,
];

export const shanghai = zoneClock("Asia/Shanghai");

/** Minute of a local time. */
export const at = (local: string): number => shanghai.parse(local) ?? Number.NaN;

/** A register in memory with short ways to change it. */
export const testedRegister = () => {
  const database = new Database(":memory:");
  database.pragma("foreign_keys = ON");
  for (const migration of registerMigrations) migration(database);
  const desk = new RegisterDesk(database, shanghai);
  const origin = { by: "wang.li", source: "test", note: "", atMs: Date.parse("2026-11-24T04:00:00Z") };
  const change = (
    put: readonly ShortEntry[],
    withdraw: readonly { kind: string; key: readonly string[]; from?: string }[] = [],
  ): ChangeOutcome =>
    desk.change(
      { put: put.map(([kind, values, from, to]) => ({ kind, values, from, to })), withdraw, dryRun: false },
      origin,
    );
  /** For what must succeed. */
  const put = (...entries: readonly ShortEntry[]): number => {
    const outcome = change(entries);
    if (outcome.change === null) throw new Error(JSON.stringify(outcome));
    return outcome.change;
  };
  return { database, desk, change, put };
};

/** A small city: one market with two stalls, a canteen, two vendors, one scale. */
export const smallCity: readonly ShortEntry[] = [
  ["areas", { code: "xm", name: "厦门市", level: "city" }],
  ["areas", { code: "sm", name: "思明区", level: "district", parent: "xm" }],
  ["areas", { code: "yd", name: "筼筜所", level: "station", parent: "sm" }],
  ["areas", { code: "g1", name: "松柏网格", level: "grid", parent: "yd" }],
  ["sites", { code: "songbai", name: "松柏市场", type: "market", area: "g1" }],
  ["sites", { code: "school", name: "实验小学食堂", type: "canteen", area: "yd" }],
  ["stalls", { code: "songbai-a01", site: "songbai", label: "A01" }],
  ["stalls", { code: "songbai-a02", site: "songbai", label: "A02" }],
  ["vendors", { code: "v1", name: "陈记蔬菜" }],
  ["vendors", { code: "v2", name: "林记水产" }],
  ["tenancies", { stall: "songbai-a01", vendor: "v1" }],
  ["units", { code: "kg", name: "公斤", dimension: "mass", grams: "1000" }],
  ["devices", { gw: "gw-1", dev: "scale-1", class: "scale" }],
];
