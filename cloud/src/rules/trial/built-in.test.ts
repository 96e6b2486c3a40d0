import { describe, expect, it } from "vitest";
import { loadRules } from "../load-rules.ts";
import { caseDirectory, loadCases } from "./load-cases.ts";
import { runCase } from "./run-case.ts";

const rules = await loadRules(null);
const { files, issues } = await loadCases(caseDirectory(null), rules);

describe("the rules that come with the centre", () => {
  it("have readable cases", () => {
    expect(issues).toEqual([]);
    expect(files.map(({ rule }) => rule).toSorted()).toEqual(rules.map(({ id }) => id).toSorted());
  });

  const cases = files.flatMap(({ rule, cases: own }) => own.map((one) => ({ rule, name: one.name, one })));
  it.each(cases)("$rule: $name", ({ rule, one }) => {
    const own = rules.find(({ id }) => id === rule);
    expect(own === undefined ? ["no rule"] : runCase(rules, own, one).faults).toEqual([]);
  });

  it("have a case each in which nothing fires", () => {
    const fires = ({ want }: (typeof cases)[number]["one"]): boolean => want.some(({ state }) => state === "firing");
    const lacking = files.filter(({ cases: own }) => own.every(fires)).map(({ rule }) => rule);
    expect(lacking).toEqual([]);
  });

  it.each(rules.map(({ id }) => ({ id })))("$id: a rule that never fires would be found by its cases", ({ id }) => {
    const never = rules.map((rule) => ({ ...rule, match: { ...rule.match, where: "false" }, absence: null }));
    const own = never.find((rule) => rule.id === id);
    const outcomes = cases.filter(({ rule }) => rule === id).map(({ one }) => own && runCase(never, own, one).faults);
    expect(outcomes.some((faults) => faults !== undefined && faults.length > 0)).toBe(true);
  });
});
