import { loadRules } from "../../rules/load-rules.ts";
import { issueLine } from "../../rules/parse-rules.ts";
import { caseDirectory, loadCases } from "../../rules/trial/load-cases.ts";
import { runCase } from "../../rules/trial/run-case.ts";
import { inLanguage, terminalLanguage } from "../language.ts";
import { chosenRules, rulePath } from "./rules-of.ts";
import type { RulesOptions } from "./rules-options.ts";

/**
 * Plays the rules' cases. Returns the exit code: 0 when every case passed, 1 when one failed, a file is wrong, or a rule has
 * no case. @throws {MingchengError} RULE_INVALID
 */
export const testRules = async (
  options: RulesOptions & { readonly cases?: string; readonly rule?: string },
  say: (text: string) => void,
): Promise<number> => {
  const path = await rulePath(options);
  const all = await loadRules(path);
  const chosen = chosenRules(all, options.rule);
  const { files, issues } = await loadCases(options.cases ?? caseDirectory(path), all);
  for (const issue of issues) say(issueLine(issue, terminalLanguage()));
  let passed = 0;
  let failed = issues.length;
  for (const rule of chosen) {
    const own = files.filter((file) => file.rule === rule.id).flatMap(({ cases }) => cases);
    if (own.length === 0) {
      failed++;
      say(inLanguage(`无用例 ${rule.id}`, `no case  ${rule.id}`));
    }
    for (const one of own) {
      const { name, faults } = runCase(all, rule, one);
      if (faults.length === 0) passed++;
      else failed++;
      say(`${faults.length === 0 ? inLanguage("通过", "passed") : inLanguage("失败", "failed")}  ${rule.id}: ${name}`);
      for (const fault of faults) say(`      ${fault[terminalLanguage()]}`);
    }
  }
  say(inLanguage(`通过 ${passed}，失败 ${failed}`, `${passed} passed, ${failed} failed`));
  return failed === 0 ? 0 : 1;
};
