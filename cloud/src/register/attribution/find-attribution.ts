import type { AttributionView } from "@mingcheng/protocols";
import type { SqliteDatabase } from "../../store/database.ts";
import { maxAreaDepth } from "./attribution.ts";

type Row = Readonly<Record<string, string>>;

/** Attributes one record with names, by asking the register itself: for people who look at one, not for streams. */
export const findAttribution = (
  database: SqliteDatabase,
  { gw, dev, minute }: { readonly gw: string; readonly dev: string; readonly minute: number },
): AttributionView => {
  const find = (table: string, where: string, ...values: readonly string[]): Row | undefined =>
    database
      .prepare(`SELECT * FROM ${table} WHERE ${where} AND until_change IS NULL AND valid_from <= ? AND ? < valid_to`)
      .get(...values, minute, minute) as Row | undefined;
  const placed = find("placement", "gw = ? AND dev = ?", gw, dev);
  const stallCode = placed?.["stall"] ?? "";
  const stall = stallCode === "" ? undefined : find("stall", "code = ?", stallCode);
  const siteCode = stallCode === "" ? placed?.["site"] : stall?.["site"];
  const tenancy = stallCode === "" ? undefined : find("tenancy", "stall = ?", stallCode);
  const vendor = tenancy === undefined ? undefined : find("vendor", "code = ?", tenancy["vendor"] ?? "");
  const site = siteCode === undefined ? undefined : find("site", "code = ?", siteCode);
  const areas: AttributionView["areas"] = [];
  let area = site?.["area"] ?? "";
  while (area !== "" && areas.length < maxAreaDepth) {
    const entry = find("area", "code = ?", area);
    if (entry === undefined) break;
    areas.unshift({ code: area, name: entry["name"] ?? "", level: entry["level"] ?? "" });
    area = entry["parent"] ?? "";
  }
  return {
    stall: stallCode === "" ? null : { code: stallCode, label: stall?.["label"] ?? "" },
    vendor: tenancy === undefined ? null : { code: tenancy["vendor"] ?? "", name: vendor?.["name"] ?? "" },
    site: siteCode === undefined ? null : { code: siteCode, name: site?.["name"] ?? "", type: site?.["type"] ?? "" },
    areas,
  };
};
