import { hash } from "node:crypto";
import { concat, type Sha256 } from "@mingcheng/protocols";
import { describe, expect, it } from "vitest";
import { scenarios } from "./faults.ts";
import { plantedBugs } from "./planted-bugs.ts";
import { describeFailure, shrink } from "./shrink.ts";
import { type Outcome, runWorld, scenarioOf, type WorldOptions } from "./world.ts";

const sha256: Sha256 = (...parts) => hash("sha256", concat(...parts), "buffer");

/** Runs the seeds; the shortest account of the first failure, or nothing. */
const firstFailure = (from: number, to: number, options: Omit<WorldOptions, "seed"> = {}): string | undefined => {
  for (let seed = from; seed < to; seed++) {
    const outcome = runWorld({ seed, ...options });
    if (outcome.violations.length > 0) return describeFailure(shrink({ seed, ...options }, outcome));
  }
  return undefined;
};

const firstFound = (seeds: number, options: Omit<WorldOptions, "seed">): Outcome | undefined => {
  for (let seed = 0; seed < seeds; seed++) {
    const outcome = runWorld({ seed, ...options });
    if (outcome.violations.length > 0) return outcome;
  }
  return undefined;
};

describe("gateways and a centre under faults", () => {
  it.each([0, 380, 760, 1140, 1520])(
    "keep every promise under 380 seeds from %i",
    (from) => {
      expect(firstFailure(from, from + 380)).toBeUndefined();
    },
    180_000,
  );

  it("keep every promise under 100 seeds with SHA-256 as it is", () => {
    expect(firstFailure(1900, 2000, { sha256 })).toBeUndefined();
  }, 180_000);

  it("do the same under the same seed", () => {
    const [first, second] = [[], []] as [string[], string[]];
    runWorld({ seed: 14, onTrace: (line) => first.push(line) });
    runWorld({ seed: 14, onTrace: (line) => second.push(line) });
    expect(first.length).toBeGreaterThan(5);
    expect(second).toEqual(first);
  });

  it("meet every scenario", () => {
    expect(new Set(Array.from({ length: 30 }, (_, seed) => scenarioOf(seed).name)).size).toBe(scenarios.length);
  });
});

describe("the simulation finds a planted bug", () => {
  it.each(plantedBugs)("$name", ({ scenario, withinSeeds, deviations, breaks }) => {
    const found = firstFound(withinSeeds, { scenario, deviations });
    const broken = found?.violations.map(({ rule }) => rule) ?? [];
    expect(broken).toEqual(expect.arrayContaining([expect.toBeOneOf([...breaks])]));
  });

  it("and names the shortest way to it", () => {
    const bug = plantedBugs.find(({ name }) => name === "what is gone is not said");
    const options = { scenario: bug!.scenario, deviations: bug!.deviations };
    const found = firstFound(bug!.withinSeeds, options);
    const { outcome, trace } = shrink({ seed: found!.seed, ...options }, found!);
    expect(outcome.violations.length).toBeGreaterThan(0);
    expect(outcome.steps.length).toBeLessThanOrEqual(3);
    expect(outcome.steps.map(({ fault }) => fault)).toContain("damage");
    expect(describeFailure({ outcome, trace })).toMatch(/^seed \d+, variation \d, .*\n[\s\S]*\*\* damage/);
  });
});
