import type { FaultStep } from "./faults.ts";
import { type Outcome, runWorld, type WorldOptions } from "./world.ts";

/** A failing run, as small as it gets. */
export interface Shrunk {
  readonly outcome: Outcome;
  /** What happened, one line each. */
  readonly trace: readonly string[];
}

const mostAttempts = 300;

/**
 * Deletes steps from a failing schedule, in ever smaller pieces, as long as the run still breaks one of the rules that it
 * broke at first; then runs what is left once more with a trace.
 */
export const shrink = (options: WorldOptions, failed: Outcome): Shrunk => {
  const rules = new Set(failed.violations.map(({ rule }) => rule));
  let { steps } = failed;
  let attempts = 0;
  const stillFails = (candidate: readonly FaultStep[]): boolean => {
    attempts++;
    return runWorld({ ...options, steps: candidate }).violations.some(({ rule }) => rules.has(rule));
  };
  for (let piece = Math.ceil(steps.length / 2); piece >= 1; piece = piece === 1 ? 0 : Math.ceil(piece / 2)) {
    for (let at = 0; at < steps.length && attempts < mostAttempts; ) {
      const candidate = [...steps.slice(0, at), ...steps.slice(at + piece)];
      if (stillFails(candidate)) steps = candidate;
      else at += piece;
    }
  }
  const trace: string[] = [];
  const outcome = runWorld({ ...options, steps, onTrace: (line) => trace.push(line) });
  return { outcome, trace };
};

const mostLines = 60;

/** For people: what broke, under which seed, and the shortest way there. */
export const describeFailure = ({ outcome, trace }: Shrunk): string => {
  const { seed, scenario, violations, steps } = outcome;
  const broken = violations.slice(0, 5).map(({ rule, detail }) => `  ${rule}: ${detail}`);
  const shown = trace.length <= mostLines ? trace : ["  …", ...trace.slice(-mostLines)];
  return [`seed ${seed}, ${scenario.name}, ${steps.length} faults left`, ...broken, ...shown].join("\n");
};
