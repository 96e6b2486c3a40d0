import { loadRules } from "../../rules/load-rules.ts";
import { issueLine } from "../../rules/parse-rules.ts";
import { caseDirectory, loadCases } from "../../rules/trial/load-cases.ts";
import { type CaseOutcome, runCase } from "../../rules/trial/run-case.ts";
import { inLanguage, terminalLanguage } from "../language.ts";
import { chosenRules, rulePath } from "./rules-of.ts";
import type { RulesOptions } from "./rules-options.ts";

interface Played extends CaseOutcome {
  readonly rule: string;
}

const linesOf = ({ rule, name, faults }: Played): readonly string[] => [
  `${faults.length === 0 ? inLanguage("通过", "passed") : inLanguage("失败", "failed")}  ${rule}: ${name}`,
  ...faults.map((fault) => `      ${fault[terminalLanguage()]}`),
];

/**
 * Plays the rules' cases. Returns the exit code: 0 when every case passed, 1 when one failed, a file is wrong, or a rule has
 * no case. @throws {MingchengError} RULE_INVALID
 */
export const testRules = async (
  options: RulesOptions & { readonly cases?: string; readonly rule?: string; readonly json?: boolean },
  say: (text: string) => void,
): Promise<number> => {
  const path = await rulePath(options);
  const all = await loadRules(path);
  const chosen = chosenRules(all, options.rule);
  const { files, issues } = await loadCases(options.cases ?? caseDirectory(path), all);
  const tell = options.json === true ? () => undefined : say;
  for (const issue of issues) tell(issueLine(issue, terminalLanguage()));
  const played: Played[] = [];
  const withoutCase: string[] = [];
  for (const { id, ...rule } of chosen) {
    const own = files.filter((file) => file.rule === id).flatMap(({ cases }) => cases);
    if (own.length === 0) {
      withoutCase.push(id);
      tell(inLanguage(`无用例 ${id}`, `no case  ${id}`));
    }
    for (const one of own) {
      const outcome = { rule: id, ...runCase(all, { id, ...rule }, one) };
      played.push(outcome);
      for (const line of linesOf(outcome)) tell(line);
    }
  }
  const passed = played.filter(({ faults }) => faults.length === 0).length;
  const failed = issues.length + withoutCase.length + played.length - passed;
  if (options.json === true) say(JSON.stringify({ passed, failed, cases: played, withoutCase, issues }));
  else say(inLanguage(`通过 ${passed}，失败 ${failed}`, `${passed} passed, ${failed} failed`));
  return failed === 0 ? 0 : 1;
};
