import type { SqliteDatabase } from "../../store/database.ts";
import { type CelSurroundings, figureOf } from "../cel/cel-functions.ts";
import type { CompiledRule } from "../compiled-rule.ts";
import { momentOf, type Observation } from "../observation.ts";
import type { AlertRule } from "../rule.ts";
import { GroupStates } from "./group-states.ts";
import { type WindowFact, WindowFacts, type WindowFigures } from "./window-facts.ts";

/** A window as it is stored. */
interface StoredWindow {
  readonly facts: readonly WindowFact[];
  /** Whether the condition held when it was looked at last. */
  readonly held: boolean;
  /** What the group's latest record said while it holds, for what the clock alone brings about; else null. */
  readonly of: Pick<Observation, "labels" | "gw" | "dev" | "site"> | null;
}

/** A window of one group, in memory. */
class WindowState {
  readonly facts: WindowFacts;
  held: boolean;
  of: StoredWindow["of"];

  constructor({ facts, held, of }: StoredWindow) {
    this.facts = new WindowFacts(facts);
    this.held = held;
    this.of = of;
  }

  toJSON(): StoredWindow {
    return { facts: this.facts.list, held: this.held, of: this.of };
  }
}

/** Evaluates a rule's condition over a window. */
export type WindowJudge = (
  compiled: CompiledRule,
  names: { readonly window: WindowFigures; readonly labels: Readonly<Record<string, string>> },
  percentile: CelSurroundings["percentile"],
) => boolean;

const ofRecord = ({ labels, gw, dev, site }: Observation): StoredWindow["of"] => ({ labels, gw, dev, site });

const round = (figure: number): string => String(Math.round(figure * 100) / 100);

const figureLabels = ({ count, distinct, sum, rate, min, max }: WindowFigures): Record<string, string> => ({
  ...{ count: String(count), distinct: String(distinct), sum: round(sum), rate: round(rate) },
  ...{ min: round(min), max: round(max) },
});

/** Labels that a window gives by itself. */
export const windowLabels = ["count", "distinct", "sum", "rate", "min", "max"] as const;

const asksRange = ({ condition, title, next }: AlertRule): boolean =>
  /\.(min|max)\b/.test(condition ?? "") || /\{(min|max)\}/.test(JSON.stringify([title, next]));

/**
 * Facts of groups within a length of effective time. A window ends at the group's latest fact: what arrives too late for
 * it changes nothing, so that yesterday's records never fire today's alarm. All in the caller's transaction.
 */
export class WindowBook {
  readonly #states: GroupStates<WindowState>;
  readonly #judge: WindowJudge;
  readonly #ranged = new Map<AlertRule, boolean>();

  constructor(database: SqliteDatabase, judge: WindowJudge) {
    this.#states = new GroupStates(database, "window_state", (stored) => new WindowState(stored as StoredWindow));
    this.#judge = judge;
  }

  /** Takes a fact; returns what the window says when that changed, or when it holds. */
  take(compiled: CompiledRule, observation: Observation, line: number): Observation | undefined {
    const { rule } = compiled;
    const { groupKey, atMs, value } = observation;
    const overMs = rule.window?.overMs ?? 0;
    const state = this.#states.get(rule.id, groupKey) ?? new WindowState({ facts: [], held: false, of: null });
    const endMs = Math.max(state.facts.newestMs ?? Number.NEGATIVE_INFINITY, atMs);
    if (atMs <= endMs - overMs) return undefined;
    const figure = figureOf(value);
    state.facts.dropUntil(endMs - overMs);
    state.facts.add([atMs, line, 1, Number.isNaN(figure) ? 0 : figure, value]);
    const { held } = state;
    const window = this.#figures(rule, state);
    state.held = this.#holds(compiled, state, window, observation);
    state.of = state.held ? ofRecord(observation) : null;
    const dueMs = (state.held ? (state.facts.oldestMs ?? atMs) : endMs) + overMs;
    this.#states.set(rule.id, groupKey, state, dueMs);
    if (!state.held && !held) return undefined;
    return { ...observation, holds: state.held, labels: { ...observation.labels, ...figureLabels(window) } };
  }

  #figures(rule: AlertRule, { facts }: WindowState): WindowFigures {
    let ranged = this.#ranged.get(rule);
    if (ranged === undefined) {
      ranged = asksRange(rule);
      this.#ranged.set(rule, ranged);
    }
    return facts.figures(rule.window?.overMs ?? 1, ranged);
  }

  #holds(
    compiled: CompiledRule,
    { facts }: WindowState,
    window: WindowFigures,
    of: Pick<Observation, "labels">,
  ): boolean {
    // Labels are worked out only for conditions that name them.
    const labels = /\blabels\b/.test(compiled.rule.condition ?? "") ? of.labels : {};
    return this.#judge(compiled, { window, labels }, (share) => facts.percentile(share));
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
      state.facts.dropUntil(nowMs - overMs);
      const { held } = state;
      const window = this.#figures(compiled.rule, state);
      const isEmpty = state.facts.oldestMs === null;
      const { of } = state;
      state.held = held && !isEmpty && of !== null && this.#holds(compiled, state, window, of);
      if (held && !state.held && of !== null) {
        const labels = { ...of.labels, ...figureLabels(window) };
        ended.push(momentOf({ rule: id, groupKey, ...of, labels }, { holds: false, atMs: nowMs, salt: salt() }));
        state.of = null;
      }
      const lastMs = (state.held ? state.facts.oldestMs : state.facts.newestMs) ?? nowMs;
      this.#states.set(id, groupKey, isEmpty ? null : state, isEmpty ? null : Math.max(lastMs + overMs, nowMs + 1));
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
        if (state === null || !state.facts.dropLine(line)) continue;
        state.held = false;
        const lastMs = state.facts.newestMs;
        const dueMs = lastMs === null ? null : lastMs + rule.window.overMs;
        this.#states.set(rule.id, groupKey, lastMs === null ? null : state, dueMs);
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
