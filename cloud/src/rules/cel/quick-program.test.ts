import { Environment } from "@marcbachmann/cel-js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WindowFacts } from "../gathering/window-facts.ts";
import { WindowView } from "../gathering/window-state.ts";
import { loadRules } from "../load-rules.ts";
import { type CelSurroundings, celLimits, figureOf, withFunctions } from "./cel-functions.ts";
import { CelWorld } from "./cel-world.ts";
import { quickProgram, unsure } from "./quick-program.ts";

const surroundings: CelSurroundings = {
  localTime: () => ({ weekday: 3, minuteOfDay: 605 }),
  day: () => "2026-11-25",
  within: (purpose) => purpose === "open",
  itemName: (code) => `item ${code}`,
  lateSeconds: () => 1.5,
  percentile: () => 4,
  daysSince: () => 2,
  daysUntil: (day) => (day === "" ? Number.NaN : -1),
  reagentExpiry: () => "2026-11-01",
};
const environment = withFunctions(
  new Environment({ unlistedVariablesAreDyn: true, limits: celLimits }),
  () => surroundings,
);
const calls = { num: figureOf, itemName: (code: unknown) => (typeof code === "string" ? `item ${code}` : "") };

/** A value, or that there is none. */
const outcomeOf = (body: () => unknown): unknown => {
  try {
    return body();
  } catch {
    return "error";
  }
};

const paths = ["body.a", "body.b", "body.c.d", "body.gone", "kind", "site.code"] as const;
const path = fc.constantFrom(...paths);
const literal = fc.constantFrom('"x"', '"12"', "12", "12.0", "-3.5", "true", "null", '""');
const operand = fc.oneof(
  path,
  literal,
  path.map((of) => `num(${of})`),
  path.map((of) => `itemName(${of})`),
  path.map((of) => `${of}.size()`),
);
const { expression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 3 },
    fc
      .tuple(operand, fc.constantFrom("==", "!=", "<", "<=", ">", ">="), operand)
      .map(([left, sign, right]) => `${left} ${sign} ${right}`),
    path.map((of) => `${of} in ["x", "12"]`),
    fc
      .tuple(tie("expression"), fc.constantFrom("&&", "||"), tie("expression"))
      .map(([a, sign, b]) => `(${a}) ${sign} (${b})`),
    tie("expression").map((of) => `!(${of})`),
    fc.tuple(tie("expression"), operand, operand).map(([of, a, b]) => `(${of}) ? ${a} : ${b}`),
  ),
}));
const value = fc.constantFrom("x", "12", "", "测", 12, -3.5, 0, Number.NaN, true, false, null, [1], { d: "x" });
const names = fc.record({
  body: fc.record({ a: value, b: value, c: fc.oneof(value, fc.record({ d: value })) }),
  kind: fc.constantFrom("sale", "test"),
  site: fc.constant({ code: "market-a" }),
});

describe("the short way to an expression's value", () => {
  it("says what the full evaluator says, or that it does not know (property)", () => {
    let known = 0;
    fc.assert(
      fc.property(expression, names, (text, of) => {
        // Rules whose types do not fit are refused before they are used.
        if (!environment.check(text).valid) return;
        const full = environment.parse(text);
        const short = quickProgram(full.ast, calls)(of);
        if (short === unsure) return;
        known++;
        expect([text, short]).toEqual([text, outcomeOf(() => full(of))]);
      }),
      { numRuns: 3_000 },
    );
    expect(known).toBeGreaterThan(300);
  });

  it("is caught when it compares what is no figure", () => {
    const careless = (text: string) => quickProgram(environment.parse(text).ast, { ...calls, num: () => 0 });
    const of = { body: { a: "x", b: null, c: null }, kind: "sale", site: {} };
    expect(careless("num(body.a) < 1.0")(of)).not.toBe(environment.parse("num(body.a) < 1.0")(of));
  });

  it("counts different values of a window no further than it must, and says the same (property)", () => {
    const sign = fc.constantFrom("==", "!=", "<", "<=", ">", ">=");
    const values = fc.array(fc.constantFrom<string | number | null>("1", "2", "3", "4", "x", 1, 2.5, null), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(values, sign, fc.nat(5), fc.boolean(), (facts, comparison, limit, isLeft) => {
        const view = new WindowView(60_000);
        view.facts = new WindowFacts(facts.map((of, at) => [at, 1, 1, 0, of]));
        const sides = isLeft ? `window.distinct ${comparison} ${limit}` : `${limit} ${comparison} window.distinct`;
        const full = environment.parse(sides);
        expect(quickProgram(full.ast, calls)({ window: view })).toBe(full({ window: view.figures() }));
      }),
      { numRuns: 500 },
    );
  });

  it("knows nearly everything that the built-in rules ask of records and windows", async () => {
    const rules = await loadRules(null);
    const texts = rules.flatMap(({ match, condition, window }) => [match.where, condition, window?.value ?? null]);
    const asked = texts.filter((text) => text !== null);
    const world = new CelWorld(surroundings);
    for (const text of asked) expect(() => world.program(text)).not.toThrow();
    const view = new WindowView(60_000);
    view.facts = new WindowFacts([[1, 1, 1, 5, "5"]]);
    const figures = view.figures();
    for (const text of rules.flatMap(({ window, condition }) => (window === null ? [] : [condition ?? "true"]))) {
      const short = quickProgram(environment.parse(text).ast, calls)({ window: view, labels: {} });
      expect([text, short]).toEqual([text, environment.parse(text)({ window: figures, labels: {} })]);
    }
  });
});
