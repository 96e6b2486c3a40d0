import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { uidOf } from "../dashboards/scope.ts";
import { generated } from "../generate.ts";
import { playlistIn } from "../playlist/playlist.ts";
import { languages } from "../text.ts";
import type { DashboardFile } from "./dashboard-file.ts";
import { lintFaults } from "./lint.ts";
import { committedDashboards } from "./read-dashboards.ts";
import { playlistFaults, schemaFaults } from "./schema.ts";

const all = committedDashboards();

const variablesOf = new Map(
  all.map(({ dashboard }) => [dashboard.uid, new Set(dashboard.templating.list.map(({ name }) => name))]),
);

const [first] = all;
if (first === undefined) throw new Error("no dashboards are committed");

/** A copy of the wall that somebody got wrong. */
const spoilt = (spoil: (dashboard: Spoilable) => void): Spoilable => {
  const found = all.find(({ dashboard }) => dashboard.uid === uidOf("wall", "zh"));
  const copy = structuredClone(found?.dashboard) as unknown as Spoilable;
  spoil(copy);
  return copy;
};

type Spoilable = { panels: Record<string, never>[]; links: Record<string, unknown>[] } & Record<string, unknown>;

// biome-ignore lint/suspicious/noExplicitAny: a mistake may be of any shape
const panel = (dashboard: Spoilable, index = 0): any => dashboard.panels[index];

const lint = (dashboard: Spoilable): readonly string[] =>
  lintFaults(dashboard as unknown as DashboardFile, { variablesOf, language: "zh" });

describe("the committed dashboards", () => {
  it("are what the generator writes", () => {
    for (const { path, text } of generated()) {
      expect(readFileSync(new URL(`../../../../${path}`, import.meta.url), "utf8"), path).toBe(text);
    }
    expect(all.map(({ file }) => `dashboards/grafana/dashboards/${file}`).sort()).toEqual(
      generated()
        .map(({ path }) => path)
        .filter((path) => path.includes("/dashboards/zh/") || path.includes("/dashboards/en/"))
        .sort(),
    );
  });

  it.each(all)("$file is valid by Grafana's own schema and by our rules", ({ dashboard, language }) => {
    expect(schemaFaults(dashboard)).toEqual([]);
    expect(lintFaults(dashboard, { variablesOf, language })).toEqual([]);
  });

  it("exist in both languages with the same panels and queries, save for names", () => {
    const shape = (language: string) =>
      all
        .filter((found) => found.language === language)
        .map(({ dashboard }) =>
          dashboard.panels.map(({ type, gridPos, targets = [] }) => [type, gridPos, targets.length]),
        );
    expect(shape("en")).toEqual(shape("zh"));
  });

  it("rotate by playlists that Grafana accepts and whose scenes exist", () => {
    for (const language of languages) {
      const { spec } = playlistIn(language);
      expect(playlistFaults(spec)).toEqual([]);
      expect(spec.items.filter(({ value }) => !variablesOf.has(value))).toEqual([]);
    }
  });
});

describe("Grafana's schema", () => {
  it.each<[string, (dashboard: Spoilable) => void]>([
    ["a width that is no number", (d) => Object.assign(panel(d).gridPos, { w: "six" })],
    ["a misspelt key", (d) => Object.assign(panel(d), { tittle: "x" })],
    ["a unit that is no text", (d) => Object.assign(panel(d).fieldConfig.defaults, { unit: 7 })],
    ["a threshold without a colour", (d) => panel(d).fieldConfig.defaults.thresholds.steps.push({ value: 1 })],
    ["an option that its panel type does not have", (d) => Object.assign(panel(d).options, { sparkles: true })],
    ["a value of an option that does not exist", (d) => Object.assign(panel(d).options, { colorMode: "rainbow" })],
  ])("refuses %s", (_, spoil) => {
    expect(schemaFaults(spoilt(spoil))).not.toEqual([]);
  });

  it("refuses a playlist item of a kind that does not exist", () => {
    expect(playlistFaults({ title: "x", interval: "30s", items: [{ type: "by_wish", value: "x" }] })).not.toEqual([]);
  });
});

describe("our rules", () => {
  it.each<[string, (dashboard: Spoilable) => void, RegExp]>([
    ["a panel without a title", (d) => Object.assign(panel(d), { title: " " }), /no title/],
    ["a panel without a description", (d) => delete panel(d).description, /no description/],
    ["a title in the other language", (d) => Object.assign(panel(d), { title: "Scales" }), /not in zh/],
    ["a panel without a unit", (d) => delete panel(d).fieldConfig.defaults.unit, /no unit/],
    ["0 in place of no data", (d) => Object.assign(panel(d).fieldConfig.defaults, { noValue: "0" }), /no data/],
    [
      "a fixed data source",
      (d) => Object.assign(panel(d).targets[0].datasource, { uid: "abc" }),
      /data source is named/,
    ],
    ["two queries of one refId", (d) => Object.assign(panel(d).targets[1], { refId: "A" }), /same refId/],
    ["panels over one another", (d) => Object.assign(panel(d).gridPos, { w: 9 }), /lies over/],
    ["a panel that leaves the grid", (d) => Object.assign(panel(d, 2).gridPos, { w: 9 }), /leaves the grid/],
    ["two panels of one id", (d) => Object.assign(panel(d), { id: 2 }), /has the id of/],
    [
      "thresholds without null",
      (d) => Object.assign(panel(d).fieldConfig.defaults.thresholds.steps[0], { value: 0 }),
      /null/,
    ],
    ["a plug-in", (d) => Object.assign(panel(d), { type: "grafana-clock-panel" }), /no built-in type/],
    [
      "fill(0)",
      (d) => Object.assign(panel(d).targets[0], { query: `${panel(d).targets[0].query} fill(0)` }),
      /shows 0/,
    ],
    [
      "a query without a bound in time",
      (d) => Object.assign(panel(d).targets[0], { query: "SELECT 1" }),
      /bound in time/,
    ],
    [
      "an unknown variable",
      (d) => Object.assign(panel(d).targets[0], { query: `${panel(d).targets[0].query} /^$planet$/` }),
      /planet/,
    ],
    ["a rate without its denominator", (d) => panel(d, 1).fieldConfig.overrides.splice(0), /without the number/],
    ["a link that leads nowhere", (d) => Object.assign(d.links[0] ?? {}, { url: "/d/mc-moon" }), /leads nowhere/],
    [
      "a link that drops the variables",
      (d) => Object.assign(d.links[0] ?? {}, { includeVars: false }),
      /loses variables/,
    ],
    [
      "a link to a variable that is none",
      (d) => Object.assign(panel(d).fieldConfig.defaults.links[0], { url: "/d/mc-tests?var-star=x" }),
      /star/,
    ],
    ["type too small for a wall", (d) => Object.assign(panel(d).options.text, { valueSize: 20 }), /6 m/],
    ["a tile too low for its rows", (d) => Object.assign(panel(d).gridPos, { h: 4 }), /px of height/],
    ["a graph on the first screen", (d) => Object.assign(panel(d), { type: "timeseries" }), /below row 18/],
  ])("find %s", (_, spoil, expected) => {
    expect(lint(spoilt(spoil)).join("\n")).toMatch(expected);
  });
});
