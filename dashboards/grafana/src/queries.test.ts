import { describe, expect, it } from "vitest";
import { type FoundQuery, filled } from "./queries.ts";

const found = (query: string, more: Partial<FoundQuery> = {}): FoundQuery => ({
  ...{ dashboard: "mc-x", panel: "P", refId: "A", query, columns: 12, ...more },
});

const nowMs = Date.parse("2026-11-23T06:00:00Z");
const all = { range: "now-7d", nowMs, variables: { site: [], dev: [] } };

describe("a query of a panel, filled", () => {
  it("has the time range in milliseconds, as Grafana writes it", () => {
    expect(filled(found("WHERE $timeFilter"), all)).toBe(
      `WHERE time >= ${nowMs - 7 * 86_400_000}ms and time <= ${nowMs}ms`,
    );
  });

  it("begins today at midnight in China", () => {
    const from = Date.parse("2026-11-22T16:00:00Z");
    expect(filled(found("$timeFilter", { over: "now/d" }), all)).toContain(`time >= ${from}ms`);
    expect(filled(found("$timeFilter", { over: "30d" }), all)).toContain(`time >= ${nowMs - 30 * 86_400_000}ms`);
  });

  it("has an interval that fits range and width, never below the step of the points", () => {
    const interval = (range: string, step?: string) =>
      filled(found("time($__interval)", step === undefined ? {} : { step }), { ...all, range });
    expect(interval("now-1h")).toBe("time(1m)");
    expect(interval("now-1h", "1h")).toBe("time(1h)");
    expect(interval("now-7d")).toBe("time(10m)");
    expect(interval("now-365d", "1h")).toBe("time(12h)");
  });

  it("escapes the values of a variable, joins several, and takes none for all", () => {
    const where = (site: readonly string[]) =>
      filled(found('"site_name" =~ /^$site$/'), { ...all, variables: { site } });
    expect(where([])).toBe('"site_name" =~ /^.*$/');
    expect(where(["松柏(东)"])).toBe('"site_name" =~ /^松柏\\(东\\)$/');
    expect(where(["松柏", "宁宝"])).toBe('"site_name" =~ /^(松柏|宁宝)$/');
  });

  it("refuses what nothing fills", () => {
    expect(() => filled(found('"x" =~ /^$planet$/'), all)).toThrow(/nothing fills \$planet/);
    expect(() => filled(found("$timeFilter"), { ...all, range: "yesterday" })).toThrow(/not a range/);
  });
});
