import { AlertStore } from "../alerts/alert-store.ts";
import { Telling } from "../alerts/telling.ts";
import { BootBook } from "../effective-time/boot-book.ts";
import { LineBook } from "../projections/line-book.ts";
import type { SqliteDatabase } from "../store/database.ts";
import { breakRule } from "./broken-rule.ts";
import type { CompiledRule } from "./compiled-rule.ts";
import { EventLifecycle } from "./event-lifecycle.ts";
import type { PartKind } from "./gathering/gathered-part.ts";
import type { GatheredStore } from "./gathering/gathered-store.ts";
import { JoinBook } from "./gathering/join-book.ts";
import { PresenceBook, presenceKind } from "./gathering/presence-book.ts";
import { waitingKind } from "./gathering/waiting-state.ts";
import { WindowBook } from "./gathering/window-book.ts";
import { windowKind } from "./gathering/window-state.ts";
import type { Observation } from "./observation.ts";
import type { Places } from "./places/places.ts";
import { type AlertRule, shapeOf } from "./rule.ts";
import { RuleBook } from "./rule-book.ts";
import type { RuleSet } from "./rule-set.ts";
import { StateLifecycle } from "./state-lifecycle.ts";
import { WithheldStore } from "./withheld-store.ts";

/** What the stores are opened with. */
export interface RuleStoresOptions {
  readonly database: SqliteDatabase;
  readonly gathered: GatheredStore;
  readonly places: Places;
  readonly set: RuleSet;
  /** Centre's clock, milliseconds since 1970. */
  nowMs(): number;
  /** What a record of the ledger says under a rule, as its own; nothing when it is not there any more. */
  recall(rule: string, lsn: number): readonly Observation[];
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);

/** Faults of the store are no fault of the rule that ran into them. */
const isStoreError = (error: unknown): boolean => error instanceof Error && error.name === "SqliteError";

const kindOf = ({ window, join, absence }: AlertRule, places: Places): PartKind | undefined => {
  if (window !== null) return windowKind(window.overMs);
  if (join !== null) return waitingKind(join.patienceMs);
  return absence === null ? undefined : presenceKind((atMs) => places.day(atMs));
};

/** Books, stores and lifecycles over `alerts.db`, all of one transaction at a time, and which rules are broken. */
export class RuleStores {
  readonly alerts: AlertStore;
  readonly states: StateLifecycle;
  readonly events: EventLifecycle;
  readonly withheld: WithheldStore;
  readonly gathered: GatheredStore;
  readonly windows: WindowBook;
  readonly joins: JoinBook;
  readonly presence: PresenceBook;
  readonly book: RuleBook;
  readonly telling: Telling;
  readonly lines: LineBook;
  readonly boots: BootBook;
  readonly rules: ReadonlyMap<string, AlertRule>;
  readonly #options: RuleStoresOptions;
  #byEpoch: ReadonlyMap<number, CompiledRule> = new Map();

  constructor(options: RuleStoresOptions) {
    const { database, gathered, set, places } = options;
    this.#options = options;
    this.rules = new Map([...set.byId].map(([id, { rule }]) => [id, rule]));
    this.alerts = new AlertStore(database);
    this.states = new StateLifecycle(database, this.alerts, places);
    this.events = new EventLifecycle(database, this.alerts);
    this.withheld = new WithheldStore(database);
    this.gathered = gathered;
    this.windows = new WindowBook(gathered, (compiled, names, percentile) => {
      set.surroundings.percentile = percentile;
      try {
        return compiled.meets(names) === true;
      } catch (error) {
        this.broke(compiled, error);
        return false;
      }
    });
    this.joins = new JoinBook(database, gathered, (rule, lsn) => options.recall(rule, lsn));
    this.presence = new PresenceBook(gathered, places);
    this.book = new RuleBook(database);
    this.telling = new Telling(database, this.alerts);
    this.lines = new LineBook(database);
    this.boots = new BootBook(database);
    this.useEpochs();
  }

  /** Rules by the epochs under which they gather. */
  get byEpoch(): ReadonlyMap<number, CompiledRule> {
    return this.#byEpoch;
  }

  /** Writes what gathered and was observed. Nothing of a transaction counts before. */
  flush(): void {
    this.gathered.flush();
    this.states.flush();
  }

  /** Lets rules gather under the epochs that the book gives them. */
  useEpochs(): void {
    const { set, places } = this.#options;
    const byEpoch = new Map<number, CompiledRule>();
    const kinds = new Map<number, PartKind>();
    for (const [id, compiled] of set.byId) {
      const known = this.book.get(id);
      compiled.epoch = 0;
      compiled.isBroken = (known?.broken ?? null) !== null;
      const kind = kindOf(compiled.rule, places);
      if (known === undefined || kind === undefined || known.shape !== shapeOf(compiled.rule)) continue;
      compiled.epoch = known.epoch;
      byEpoch.set(known.epoch, compiled);
      kinds.set(known.epoch, kind);
    }
    this.#byEpoch = byEpoch;
    this.gathered.use(kinds);
  }

  /**
   * Marks a rule that could not be evaluated as broken, alone: it judges nothing more and the administrator hears of it.
   * @throws SqliteError where the store is at fault and not the rule
   */
  broke(compiled: CompiledRule, error: unknown): void {
    if (isStoreError(error)) throw error;
    const reason = messageOf(error);
    const { rule } = compiled;
    compiled.isBroken = true;
    if (this.book.markBroken(rule.id, reason)) breakRule(this.alerts, rule.id, reason, this.#options.nowMs());
  }

  /** Runs an expression of a rule; one that cannot be evaluated breaks its rule. */
  evaluate<Result>(compiled: CompiledRule, otherwise: Result, body: () => Result): Result {
    try {
      return body();
    } catch (error) {
      this.broke(compiled, error);
      return otherwise;
    }
  }
}
