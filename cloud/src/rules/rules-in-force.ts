import { loadRules } from "./load-rules.ts";
import type { AlertRule } from "./rule.ts";

/** Which rules a centre judges by: its own file, or those that come with it. */
export interface RuleChoice {
  /** The centre's own file; null: the built-in rules. */
  readonly rules: string | null;
  /** Whether built-in rules that look at every single weighing are among them. */
  readonly rulesOfWeighings: boolean;
}

/**
 * The rules in force. Those of a file of the centre's own are all in force. Of the built-in ones, rules that look at every
 * weighing are only where that is asked for: while a gateway's long outage drains they take longer than the ledger, and a fresh
 * positive test must not wait behind them.
 * @throws {MingchengError} RULE_INVALID
 */
export const rulesInForce = async ({ rules, rulesOfWeighings }: RuleChoice): Promise<readonly AlertRule[]> => {
  const all = await loadRules(rules);
  if (rules !== null || rulesOfWeighings) return all;
  return all.filter(({ match }) => !match.kinds.includes("weighing"));
};
