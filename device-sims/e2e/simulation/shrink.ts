import type { FaultStep } from "./faults.ts";
import { type Outcome, runWorld, type WorldOptions } from "./world.ts";

/** A failing run, as small as it gets. */
export interface Shrunk {
  readonly outcome: Outcome;
  /** What happened, one line each. */
  readonly trace: readonly string[];
}

const mostRuns = 400;
const variations = [0, 1, 2, 3];

/**
 * Deletes steps from a failing schedule, in ever smaller pieces, as long as what is left still breaks one of the rules that
 * it broke at first; then runs that once more with a trace. A deleted step shifts every accident behind it, so each
 * schedule is tried with several.
 */
export const shrink = (options: WorldOptions, failed: Outcome): Shrunk => {
  const rules = new Set(failed.violations.map(({ rule }) => rule));
  let smallest = { steps: failed.steps, variation: failed.variation };
  let runs = 0;
  const failing = (steps: readonly FaultStep[]): typeof smallest | undefined => {
    for (const variation of variations) {
      runs++;
      const { violations } = runWorld({ ...options, steps, variation });
      if (violations.some(({ rule }) => rules.has(rule))) return { steps, variation };
    }
    return undefined;
  };
  for (let piece = Math.ceil(failed.steps.length / 2); piece >= 1; piece = piece === 1 ? 0 : Math.ceil(piece / 2)) {
    for (let at = 0; at < smallest.steps.length && runs < mostRuns; ) {
      const { steps } = smallest;
      const smaller = failing([...steps.slice(0, at), ...steps.slice(at + piece)]);
      if (smaller === undefined) at += piece;
      else smallest = smaller;
    }
  }
  const trace: string[] = [];
  const outcome = runWorld({ ...options, ...smallest, onTrace: (line) => trace.push(line) });
  return { outcome, trace };
};

const mostLines = 60;

/** For people: what broke, under which seed, and the shortest way there. */
export const describeFailure = ({ outcome, trace }: Shrunk): string => {
  const { seed, variation, scenario, violations, steps } = outcome;
  const broken = violations.slice(0, 5).map(({ rule, detail }) => `  ${rule}: ${detail}`);
  const shown = trace.length <= mostLines ? trace : ["  …", ...trace.slice(-mostLines)];
  return [
    `seed ${seed}, variation ${variation}, ${scenario.name}, ${steps.length} faults left`,
    ...broken,
    ...shown,
  ].join("\n");
};
