import type { SqliteDatabase } from "../store/database.ts";
import type { CompiledRule } from "./compiled-rule.ts";
import type { Judging } from "./event-lifecycle.ts";
import { type Observation, restated } from "./observation.ts";
import type { Places } from "./places/places.ts";
import { type AlertRule, isStanding } from "./rule.ts";
import type { RuleStores } from "./rule-stores.ts";

/** Where an observation stands. */
export interface Standing {
  /** Ids of line and boot in `alerts.db`. */
  readonly line: number;
  readonly boot: number;
  /** True when the line was disputed until now. */
  readonly kept: boolean;
}

/** The centre itself, in the tables of lines and boots. */
const ofCentre: Standing = { line: 0, boot: 0, kept: false };

/** Lets observations of lines that count join what has gathered, and moves alerts by what comes of it. */
export class Judge {
  readonly #stores: RuleStores;
  readonly #places: Places;
  readonly #byId: ReadonlyMap<string, CompiledRule>;
  readonly #nowMs: () => number;
  /** Up to here the ledger was there before the alerts. */
  readonly #pastLsn: number;
  /** Up to here what was gathered has been judged before. */
  readonly #judgedLsn: number;

  constructor(
    database: SqliteDatabase,
    stores: RuleStores,
    at: { readonly places: Places; readonly byId: ReadonlyMap<string, CompiledRule>; nowMs(): number },
  ) {
    this.#stores = stores;
    this.#places = at.places;
    this.#byId = at.byId;
    this.#nowMs = () => at.nowMs();
    const meta = database.prepare("SELECT value FROM meta WHERE name = ?").pluck();
    this.#pastLsn = (meta.get("past_lsn") as number | undefined) ?? 0;
    this.#judgedLsn = (meta.get("judged_lsn") as number | undefined) ?? 0;
  }

  /** Takes what a record says. What cannot be worked out breaks its rule, alone. */
  take(compiled: CompiledRule, observation: Observation, standing: Standing): void {
    try {
      this.#gather(compiled, observation, standing);
    } catch (error) {
      this.#stores.broke(compiled, error);
    }
  }

  #gather(compiled: CompiledRule, observation: Observation, standing: Standing): void {
    const { rule } = compiled;
    if (rule.window === null && rule.absence === null && rule.join === null) {
      this.#judge(rule, observation, standing);
      return;
    }
    const { windows, presence } = this.#stores;
    const { epoch } = compiled;
    if (epoch === 0) return;
    if (rule.join !== null) {
      this.#gatherPairs(compiled, epoch, observation, standing);
      return;
    }
    const said =
      rule.window === null
        ? presence.see(rule, epoch, observation)
        : windows.take(compiled, epoch, observation, standing.line);
    if (said !== undefined) this.#judge(rule, said, standing);
  }

  #gatherPairs(compiled: CompiledRule, epoch: number, observation: Observation, standing: Standing): void {
    const { rule, meets } = compiled;
    for (const { observation: own, to } of this.#stores.joins.take(compiled, epoch, observation, standing.line)) {
      const labels = { ...own.labels, ...to.labels };
      const joined = { ...to.labels, ageSeconds: (own.atMs - to.atMs) / 1000 };
      if (meets({ joined, labels }) !== true) continue;
      this.#judge(rule, restated(own, { holds: own.holds, labels }), standing);
    }
  }

  /** Takes what the centre's clock found. */
  takeMoment(observation: Observation): void {
    const compiled = this.#byId.get(observation.rule);
    if (compiled?.rule.lifecycle.type === "state") this.#judge(compiled.rule, observation, ofCentre);
  }

  #judge(rule: AlertRule, observation: Observation, { line, boot, kept }: Standing): void {
    const { lsn } = observation;
    const gathers = rule.window !== null || rule.absence !== null;
    if (lsn > 0 && lsn <= this.#judgedLsn && gathers) return;
    const ordered = gathers || isStanding(rule.match);
    const quiet = lsn > 0 && lsn <= this.#pastLsn;
    const judging: Judging = { line, boot, nowMs: this.#nowMs(), quiet, kept, ordered };
    if (rule.lifecycle.type === "state") this.#stores.states.observe(rule, observation, judging);
    else if (this.#isInHours(rule, observation)) this.#stores.events.observe(rule, observation, judging);
  }

  #isInHours({ during }: AlertRule, { site, atMs }: Observation): boolean {
    return during === null || this.#places.within(site, during, Math.floor(atMs / 60_000));
  }
}
