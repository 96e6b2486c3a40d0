import type { SqliteDatabase } from "../../store/database.ts";
import type { CelSurroundings } from "../cel/cel-functions.ts";
import { figureOf } from "../cel/cel-functions.ts";
import type { CompiledRule } from "../compiled-rule.ts";
import { momentOf, type Observation } from "../observation.ts";
import { GroupStates } from "./group-states.ts";
import { percentileOf, type WindowFact, type WindowFigures, windowFigures, withFact, within } from "./window-facts.ts";

/** A window of one group. */
interface WindowState {
  readonly facts: readonly WindowFact[];
  /** Whether the condition held when it was looked at last. */
  readonly held: boolean;
  /** What the group's latest record said, for what the clock alone brings about. */
  readonly of: Pick<Observation, "labels" | "gw" | "dev" | "site">;
}

/** Evaluates a rule's condition over a window. */
export type WindowJudge = (
  compiled: CompiledRule,
  names: { readonly window: WindowFigures; readonly labels: Readonly<Record<string, string>> },
  percentile: CelSurroundings["percentile"],
) => boolean;

const round = (figure: number): string => String(Math.round(figure * 100) / 100);

const figureLabels = ({ count, distinct, sum, rate, min, max }: WindowFigures): Record<string, string> => ({
  ...{ count: String(count), distinct: String(distinct), sum: round(sum), rate: round(rate) },
  ...{ min: round(min), max: round(max) },
});

/** Labels that a window gives by itself. */
export const windowLabels = ["count", "distinct", "sum", "rate", "min", "max"] as const;

/**
 * Facts of groups within a length of effective time. A window ends at the group's latest fact: what arrives too late for
 * it changes nothing, so that yesterday's records never fire today's alarm. All in the caller's transaction.
 */
export class WindowBook {
  readonly #states: GroupStates<WindowState>;
  readonly #judge: WindowJudge;

  constructor(database: SqliteDatabase, judge: WindowJudge) {
    this.#states = new GroupStates(database, "window_state");
    this.#judge = judge;
  }

  /** Takes a fact; returns what the window says when that changed, or when it holds. */
  take(compiled: CompiledRule, observation: Observation, line: number): Observation | undefined {
    const { rule } = compiled;
    const { groupKey, atMs, value } = observation;
    const overMs = rule.window?.overMs ?? 0;
    const before = this.#states.get(rule.id, groupKey);
    const newestMs = before?.facts.at(-1)?.[0] ?? Number.NEGATIVE_INFINITY;
    const endMs = Math.max(newestMs, atMs);
    if (atMs <= endMs - overMs) return undefined;
    const figure = figureOf(value);
    const fact: WindowFact = [atMs, line, 1, Number.isNaN(figure) ? 0 : figure, value];
    const facts = withFact(within(before?.facts ?? [], endMs - overMs, endMs), fact);
    const { labels, gw, dev, site } = observation;
    const judged = this.#meets(compiled, facts, labels);
    const dueMs = judged.holds ? (facts[0]?.[0] ?? atMs) + overMs : endMs + overMs;
    this.#states.set(rule.id, groupKey, { facts, held: judged.holds, of: { labels, gw, dev, site } }, dueMs);
    if (!judged.holds && before?.held !== true) return undefined;
    return { ...observation, holds: judged.holds, labels: { ...labels, ...judged.labels } };
  }

  #meets(compiled: CompiledRule, facts: readonly WindowFact[], labels: Observation["labels"]) {
    const window = windowFigures(facts, compiled.rule.window?.overMs ?? 1);
    const holds = this.#judge(compiled, { window, labels }, (share) => percentileOf(facts, share));
    return { holds, labels: figureLabels(window) };
  }

  /** Looks at windows that facts have left; returns what changed with that. */
  tick(rules: ReadonlyMap<string, CompiledRule>, nowMs: number, salt: () => string): Observation[] {
    const ended: Observation[] = [];
    for (const { rule: id, groupKey } of this.#states.due(nowMs)) {
      const compiled = rules.get(id);
      const state = this.#states.get(id, groupKey);
      const overMs = compiled?.rule.window?.overMs;
      if (compiled === undefined || state === null || overMs === undefined) {
        this.#states.set(id, groupKey, null, null);
        continue;
      }
      const facts = within(state.facts, nowMs - overMs, Number.POSITIVE_INFINITY);
      const judged = state.held && facts.length > 0 ? this.#meets(compiled, facts, state.of.labels) : null;
      const holds = judged?.holds ?? false;
      if (state.held && !holds) {
        const labels = { ...state.of.labels, ...judged?.labels };
        ended.push(momentOf({ rule: id, groupKey, ...state.of, labels }, { holds: false, atMs: nowMs, salt: salt() }));
      }
      const oldestMs = (holds ? facts[0] : facts.at(-1))?.[0];
      if (oldestMs === undefined) this.#states.set(id, groupKey, null, null);
      else this.#states.set(id, groupKey, { ...state, facts, held: holds }, Math.max(oldestMs + overMs, nowMs + 1));
    }
    this.#states.flush();
    return ended;
  }

  nextDueMs(): number | null {
    return this.#states.nextDueMs();
  }

  /** Takes the facts of a line out of every window: the line is disputed. */
  withdraw(rules: ReadonlyMap<string, CompiledRule>, line: number): void {
    for (const { rule } of rules.values()) {
      if (rule.window === null) continue;
      for (const groupKey of this.#states.groupsOf(rule.id)) {
        const state = this.#states.get(rule.id, groupKey);
        const facts = state?.facts.filter(([, of]) => of !== line) ?? [];
        if (state === null || facts.length === state.facts.length) continue;
        const last = facts.at(-1);
        const kept = last === undefined ? null : { ...state, facts, held: false };
        this.#states.set(rule.id, groupKey, kept, last === undefined ? null : last[0] + rule.window.overMs);
      }
    }
    this.#states.flush();
  }

  forgetRule(rule: string): void {
    this.#states.forgetRule(rule);
  }

  flush(): void {
    this.#states.flush();
  }
}
