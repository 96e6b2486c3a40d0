import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { builtInRules } from "../load-rules.ts";
import { parseYaml, type RuleIssue } from "../parse-rules.ts";
import type { AlertRule } from "../rule.ts";
import { type CaseFile, caseFileSchema } from "./case-schema.ts";

/** Acceptance cases, and what is wrong with their files. */
export interface LoadedCases {
  readonly files: readonly CaseFile[];
  readonly issues: readonly RuleIssue[];
}

/** Where the cases of a rule file are: in `cases` beside it. Null: those of the built-in rules. */
export const caseDirectory = (rules: string | null): string =>
  join(rules === null ? builtInRules : dirname(rules), "cases");

const yamlIn = async (directory: string): Promise<string[]> => {
  try {
    return (await readdir(directory)).filter((name) => name.endsWith(".yaml")).toSorted();
  } catch {
    // A rule file without cases is allowed: `rules test` says which rules have none.
    return [];
  }
};

/** Reads the cases of rules. A file about a rule that is not there is a mistake. */
export const loadCases = async (directory: string, rules: readonly AlertRule[]): Promise<LoadedCases> => {
  const known = new Set(rules.map(({ id }) => id));
  const files: CaseFile[] = [];
  const issues: RuleIssue[] = [];
  for (const name of await yamlIn(directory)) {
    const path = join(directory, name);
    const read = parseYaml({ file: path, text: await readFile(path, "utf8") }, caseFileSchema);
    if (read.content !== undefined) {
      if (!known.has(read.content.rule)) read.complain(["rule"], `there is no rule ${read.content.rule}`);
      files.push(read.content);
    }
    issues.push(...read.issues);
  }
  return { files, issues };
};
