import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { repositoryRoot } from "../../src/harness/repository.ts";
import { differences, readExposition, readTables } from "./exposition.ts";
import { readRules, ruleFiles, unknownIn } from "./rule-files.ts";
import { type Shown, showFigures } from "./running-programs.ts";

const page = readFileSync(join(repositoryRoot, "docs/health.md"), "utf8");
const documented = readTables(page);

describe("what the running programs show", () => {
  let shown: Shown = { centre: [], gateway: [] };
  beforeAll(async () => {
    shown = await showFigures();
  }, 120_000);

  it("is what docs/health.md lists: every metric, its type and its labels, and none that is not there", () => {
    expect(differences([...shown.centre, ...shown.gateway], documented)).toEqual([]);
    expect(documented.filter(({ unit, help }) => unit === "" || help === "")).toEqual([]);
    expect(documented.length).toBeGreaterThan(90);
  });

  it("holds every metric, label and value that an alert rule asks for", () => {
    const all = [...shown.centre, ...shown.gateway];
    const rules = ruleFiles.flatMap(readRules);
    expect(rules.flatMap(({ alert, expr }) => unknownIn(expr, all).map((name) => `${alert}: ${name}`))).toEqual([]);
  });
});

describe("the comparison", () => {
  const shown = readExposition(
    '# HELP a_total What.\n# TYPE a_total counter\na_total{kind="x"} 1\n# HELP b B\n# TYPE b gauge\nb 2\n' +
      '# HELP h H\n# TYPE h histogram\nh_bucket{le="1"} 1\nh_sum 1\nh_count 1\n',
  );
  const row = (name: string, type: string, labels: string) => `| \`${name}\` | ${type} | ${labels} | count | words |\n`;
  const good = row("a_total", "counter", "`kind`") + row("b", "gauge", "") + row("h", "histogram", "");

  it.each([
    ["nothing", good, []],
    ["a metric left out", good.replace(/\| `b`.*\n/, ""), ["b: not in the page"]],
    ["a metric made up", `${good}${row("c", "gauge", "")}`, ["c: not shown by anybody"]],
    ["a wrong type", good.replace("| gauge |", "| counter |"), ["b: is a gauge"]],
    ["a label left out", good.replace("`kind`", ""), ["a_total: has the label kind"]],
    ["a label made up", good.replace("`kind`", "`kind`, `site`"), ["a_total: has no label site"]],
  ])("finds %s", (_what, text, expected) => {
    expect(differences(shown, readTables(text))).toEqual(expected);
  });

  it("finds what a rule asks for and nobody shows", () => {
    const metrics = readExposition(
      '# HELP mingcheng_a_total A\n# TYPE mingcheng_a_total counter\nmingcheng_a_total{kind="x"} 1\n',
    );
    const asked = 'rate(mingcheng_a_total{kind=~"x|y",job="j"}[5m]) > 0 and mingcheng_b == 1 and up{job="j"} == 1';
    expect(unknownIn(asked, metrics)).toEqual(['mingcheng_a_total{kind="x|y"}', "mingcheng_b"]);
    expect(unknownIn('mingcheng_a_total{site="s"}', metrics)).toEqual(['mingcheng_a_total{site="s"}']);
  });
});
