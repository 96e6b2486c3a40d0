import { labelsOf } from "./check-rule.ts";
import type { AlertRule } from "./rule.ts";
import type { Complain } from "./yaml-place.ts";

interface Placed {
  readonly rule: AlertRule;
  readonly complain: Complain;
}

/** Whether a rule is inhibited by itself, over however many others. */
const comesBack = (rules: ReadonlyMap<string, AlertRule>, rule: AlertRule, source: string): boolean => {
  const seen = new Set<string>();
  const open = [source];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (id === rule.id) return true;
    if (seen.has(id)) continue;
    seen.add(id);
    open.push(...(rules.get(id)?.inhibitedBy ?? []).map((inhibition) => inhibition.rule));
  }
  return false;
};

/**
 * Finds inhibitions that could never work, or would silence for ever: by a rule that is not there, by labels that one of
 * the two lacks, in a circle.
 */
export const checkInhibitions = (placed: readonly Placed[]): void => {
  const rules = new Map(placed.map(({ rule }) => [rule.id, rule]));
  for (const { rule, complain } of placed) {
    for (const [index, { rule: source, equal }] of rule.inhibitedBy.entries()) {
      const by = rules.get(source);
      if (by === undefined) {
        complain(["inhibitedBy", index, "rule"], `there is no rule ${source}`);
        continue;
      }
      if (comesBack(rules, rule, source)) complain(["inhibitedBy", index, "rule"], `${rule.id} would inhibit itself`);
      for (const [at, label] of equal.entries()) {
        const lacking = [rule, by].find((one) => !labelsOf(one).includes(label));
        if (lacking !== undefined) complain(["inhibitedBy", index, "equal", at], `${lacking.id} has no label ${label}`);
      }
    }
  }
};
