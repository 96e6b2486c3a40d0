import { ruleTexts } from "../../rules/load-rules.ts";
import { issueLine, parseRules } from "../../rules/parse-rules.ts";
import { inLanguage, terminalLanguage } from "../language.ts";
import { rulePath } from "./rules-of.ts";
import type { RulesOptions } from "./rules-options.ts";

/** Says everything that is wrong with rules, one line each or as JSON. Returns the exit code: 0 or 1. */
export const checkRules = async (
  options: RulesOptions & { readonly json?: boolean },
  say: (text: string) => void,
): Promise<number> => {
  const read = parseRules(await ruleTexts(await rulePath(options)));
  const issues = "rules" in read ? [] : read.issues;
  if (options.json === true) {
    say(JSON.stringify({ rules: "rules" in read ? read.rules.length : null, issues }));
    return issues.length === 0 ? 0 : 1;
  }
  if ("rules" in read) {
    const count = read.rules.length;
    say(inLanguage(`规则正确，共 ${count} 条。`, `The rules are good: ${count}.`));
    return 0;
  }
  for (const issue of issues) say(issueLine(issue, terminalLanguage()));
  return 1;
};
