import type { CelProgram } from "../cel/cel-world.ts";
import type { CompiledRule } from "../compiled-rule.ts";
import { momentOf, type Observation, restated } from "../observation.ts";
import type { GatheredStore } from "./gathered-store.ts";
import { asDecimal, type WindowFacts, type WindowFigures } from "./window-facts.ts";
import { type LatestOf, type WindowState, WindowView } from "./window-state.ts";

/** Names of a window's condition. */
type WindowNames = Parameters<CelProgram>[0];

/** Evaluates a rule's condition over a window. */
export type WindowJudge = (
  compiled: CompiledRule,
  names: WindowNames,
  percentile: (share: number) => number,
) => boolean;

const ofRecord = ({ labels, gw, dev, site }: Observation): LatestOf => ({ labels, gw, dev, site });

const rounded = (figure: number): string => String(Math.round(figure * 100) / 100);
const exactly = (figure: number): string => String(asDecimal(figure));

const figureLabels = ({ count, distinct, sum, rate, min, max }: WindowFigures): Record<string, string> => ({
  ...{ count: String(count), distinct: String(distinct), sum: exactly(sum), rate: rounded(rate) },
  ...{ min: exactly(min), max: exactly(max) },
});

/** Labels that a window gives by itself. */
export const windowLabels = ["count", "distinct", "sum", "rate", "min", "max"] as const;

/** What is prepared once for a rule. */
interface Prepared {
  readonly view: WindowView;
  readonly percentile: (share: number) => number;
  /** Labels are worked out only for conditions that name them. */
  readonly asksLabels: boolean;
  /** Names of conditions that do not. */
  readonly names: WindowNames;
}

/**
 * Facts of groups within a length of effective time. A window ends at the group's latest fact: what arrives too late for
 * it changes nothing, so that yesterday's records never fire today's alarm. All in the caller's transaction.
 */
export class WindowBook {
  readonly #gathered: GatheredStore;
  readonly #judge: WindowJudge;
  readonly #prepared = new Map<CompiledRule, Prepared>();

  constructor(gathered: GatheredStore, judge: WindowJudge) {
    this.#gathered = gathered;
    this.#judge = judge;
  }

  /** Takes a fact; returns what the window says when that changed, or when it holds. */
  take(compiled: CompiledRule, epoch: number, observation: Observation, line: number): Observation | undefined {
    const { groupKey, atMs, value } = observation;
    const group = this.#gathered.group(groupKey);
    const state = this.#gathered.part<WindowState>(group, epoch);
    if (!state.take(atMs, line, value)) return undefined;
    this.#gathered.added(group, epoch, atMs, line, value);
    const { held } = state;
    state.held = this.#holds(compiled, state, observation);
    if (!state.held && !held) return undefined;
    state.of = state.held ? ofRecord(observation) : null;
    this.#gathered.changed(group, state.held !== held);
    const labels = { ...observation.labels, ...figureLabels(this.#prepare(compiled).view.figures()) };
    return restated(observation, { holds: state.held, labels });
  }

  #prepare(compiled: CompiledRule): Prepared {
    let prepared = this.#prepared.get(compiled);
    if (prepared === undefined) {
      const view = new WindowView(compiled.rule.window?.overMs ?? 1);
      const asksLabels = /\blabels\b/.test(compiled.rule.condition ?? "");
      prepared = {
        view,
        asksLabels,
        names: { window: view, labels: {} },
        percentile: (share) => view.facts.percentile(share),
      };
      this.#prepared.set(compiled, prepared);
    }
    return prepared;
  }

  #holds(compiled: CompiledRule, facts: WindowFacts, of: Pick<Observation, "labels">): boolean {
    const { view, asksLabels, names, percentile } = this.#prepare(compiled);
    view.facts = facts;
    return this.#judge(compiled, asksLabels ? { window: view, labels: of.labels } : names, percentile);
  }

  /** Looks at windows that facts have left; returns what changed with that. */
  tick(rules: ReadonlyMap<number, CompiledRule>, nowMs: number, salt: () => string): Observation[] {
    const ended: Observation[] = [];
    for (const group of this.#gathered.due(nowMs)) {
      for (const [epoch, part] of group.parts.entries()) {
        const compiled = rules.get(epoch);
        const state = part as WindowState;
        if (compiled?.rule.window == null || !state.held || (state.dueMs ?? nowMs) > nowMs) continue;
        state.dropUntil(nowMs - state.overMs);
        const { of } = state;
        const hasFacts = state.length > 0;
        state.held = hasFacts && of !== null && this.#holds(compiled, state, of);
        if (state.held || of === null) continue;
        const labels = { ...of.labels, ...figureLabels(state.figures(state.overMs, true)) };
        const { id } = compiled.rule;
        ended.push(
          momentOf({ rule: id, groupKey: group.key, ...of, labels }, { holds: false, atMs: nowMs, salt: salt() }),
        );
        state.of = null;
      }
      this.#gathered.changed(group, true);
    }
    return ended;
  }
}
