import type { DecodedLedgerRecord } from "../cursor/decoded-record.ts";
import type { Follower, Refused } from "../cursor/follower.ts";
import type { LedgerLine } from "../ledger/ledger-reader.ts";
import { GatheredStore } from "./gathering/gathered-store.ts";
import type { Places } from "./places/places.ts";
import { noPlaces } from "./places/register-places.ts";
import type { AlertRule } from "./rule.ts";
import { type RuleSet, type RulesFollowerOptions, ruleSet } from "./rule-set.ts";
import { RulesParts } from "./rules-parts.ts";

/**
 * Judges every record by the rules, in ledger order, and moves alerts: exactly once, because cursor, rules' state,
 * alerts, their history and the queue of notifications change in one transaction. Going through the ledger again changes
 * nothing: facts are known by their identity, states by their moment.
 */
export class RulesFollower implements Follower {
  readonly name = "rules";
  /** Stays 1: other rules go on from where the cursor stands, people's acts are never thrown away. */
  readonly version = 1;
  /** Kinds that some rule asks for; follows the rules. */
  readonly kinds = new Set<string>();
  readonly #options: RulesFollowerOptions;
  readonly #places: Places;
  #rules: readonly AlertRule[];
  #set: RuleSet;
  #parts: RulesParts | undefined;
  /** Outlives a change of rules: what they go on gathering stays in memory. */
  #gathered: GatheredStore | undefined;

  constructor(options: RulesFollowerOptions) {
    this.#options = options;
    this.#places = options.places ?? noPlaces("Asia/Shanghai");
    this.#rules = options.rules;
    this.#set = ruleSet(options.rules, this.#places);
    this.#takeKinds();
  }

  #takeKinds(): void {
    this.kinds.clear();
    for (const kind of this.#set.rolesByKind.keys()) this.kinds.add(kind);
  }

  /**
   * Marks the record behind which people are notified, and how far records were judged already: going through them again
   * gathers anew what rules gather, and judges nothing of it twice. People's acts stay.
   */
  reset(): void {
    const { database } = this.#options;
    const mark = database.prepare(
      "INSERT INTO meta VALUES (?, ?) ON CONFLICT DO UPDATE SET value = max(value, excluded.value)",
    );
    database.prepare("INSERT INTO meta VALUES ('past_lsn', ?) ON CONFLICT DO NOTHING").run(this.#options.ledgerHead());
    // Of the live lane records further on may have been judged: none of them shall be judged twice.
    const judged = database.prepare("SELECT max(lsn) FROM cursor WHERE name IN (?, ?)").pluck();
    const lsn = judged.get(this.name, `${this.name}-live`) as number | null;
    if (lsn !== null) mark.run("judged_lsn", lsn);
    database.exec("DELETE FROM gathered; DELETE FROM gathered_journal; DELETE FROM join_side");
    this.forget();
  }

  forget(): void {
    this.#parts = undefined;
    this.#gathered = undefined;
  }

  apply(batch: readonly DecodedLedgerRecord[]): readonly Refused[] {
    const parts = this.#ready();
    for (const { source, content } of batch) {
      const { lsn, receivedMs, lineStatus } = source;
      if (content.type === "passed") parts.seeTime(content.gw, content.t, receivedMs);
      if (content.type !== "record") continue;
      const { record } = content;
      const roles = this.#set.rolesByKind.get(record.kind) ?? [];
      parts.take(record, roles, { lsn, receivedMs, lineStatus });
    }
    parts.finish();
    return [];
  }

  /**
   * Follows lines that became disputed, or were decided for: what stands on a disputed line is taken back, what a line
   * was withheld for takes effect. Call in a transaction. True when something changed.
   */
  reconcile(lines: readonly LedgerLine[]): boolean {
    const parts = this.#ready();
    return lines.filter((line) => parts.setStatus(line)).length > 0;
  }

  /** What time alone brings about. Call in a transaction, with the ledger read to its end. */
  tick(): boolean {
    return this.#ready().tick();
  }

  /** When `tick` is due next, by the centre's clock; null when nothing is pending. */
  nextDueMs(): number | null {
    return this.#ready().nextDueMs();
  }

  /** After opening: ends alerts of rules that are gone, and holds back what is due. Call in a transaction. */
  start(): void {
    const parts = this.#ready();
    parts.useRules(this.#rules, this.#options.sinceMs ?? this.#options.nowMs());
    parts.holdBack();
  }

  /**
   * Other rules from now on, with the state of those that mean the same as before. Call in a transaction, and read the
   * ledger anew afterwards: other kinds may be asked for.
   */
  useRules(rules: readonly AlertRule[]): void {
    this.#set = ruleSet(rules, this.#places);
    this.#rules = rules;
    this.#takeKinds();
    this.#parts = undefined;
    this.#ready().useRules(rules, this.#options.nowMs());
  }

  #ready(): RulesParts {
    if (this.#parts === undefined) {
      this.#gathered ??= new GatheredStore(this.#options.database, { isVolatile: this.#options.trial !== undefined });
      const gathered = this.#gathered;
      this.#parts = new RulesParts({ ...this.#options, gathered, places: this.#places, set: this.#set });
    }
    return this.#parts;
  }
}
