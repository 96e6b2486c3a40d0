import { LineCounter, parseDocument } from "yaml";
import type { z } from "zod";
import { checkRule } from "./check-rule.ts";
import type { AlertRule } from "./rule.ts";
import { ruleFileSchema } from "./rule-schema.ts";
import { type Complain, offsetOf, type YamlPath } from "./yaml-place.ts";

/** Where something is wrong in a rule file. */
export interface RuleIssue {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** Dotted path, e.g. `rules.0.condition`. */
  readonly field: string;
  readonly message: string;
}

/** A text with the name it is known by. */
export interface RuleText {
  readonly file: string;
  readonly text: string;
}

const zodMessage = (issue: z.core.$ZodIssue): { readonly path: YamlPath; readonly message: string } =>
  issue.code === "unrecognized_keys"
    ? { path: [...issue.path, issue.keys[0] ?? ""], message: `unknown option ${issue.keys[0] ?? ""}` }
    : { path: issue.path, message: issue.message };

// What is there and should not be comes first: it mostly explains what is missing.
const isUnknown = ({ code }: z.core.$ZodIssue): number => (code === "unrecognized_keys" ? 0 : 1);

/** A checked document, or what is wrong with it, placed in its text. */
export const parseYaml = <Content>(
  { file, text }: RuleText,
  schema: z.ZodType<Content>,
): { readonly content?: Content; readonly issues: RuleIssue[]; readonly complain: Complain } => {
  const issues: RuleIssue[] = [];
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, strict: true, uniqueKeys: true });
  const add = (offset: number, field: string, message: string): void => {
    const { line, col } = lines.linePos(offset);
    issues.push({ file, line: Math.max(1, line), column: Math.max(1, col), field, message });
  };
  const complain: Complain = (path, message, within) =>
    add(offsetOf(document, path, within), path.map(String).join("."), message);
  for (const { pos, message } of document.errors) add(pos[0], "", message.split("\n")[0] ?? "not YAML");
  if (issues.length > 0) return { issues, complain };
  const parsed = schema.safeParse(document.toJS());
  if (parsed.success) return { content: parsed.data, issues, complain };
  for (const issue of parsed.error.issues.toSorted((a, b) => isUnknown(a) - isUnknown(b))) {
    const { path, message } = zodMessage(issue);
    complain(path, message);
  }
  return { issues, complain };
};

/** Reads rule files together. Returns every rule, or everything that is wrong with file, line and column. */
export const parseRules = (
  texts: readonly RuleText[],
): { readonly rules: readonly AlertRule[] } | { readonly issues: readonly RuleIssue[] } => {
  const placed: { readonly rule: AlertRule; readonly complain: Complain }[] = [];
  const seen = new Map<string, string>();
  const reads = texts.map((text) => {
    const read = parseYaml(text, ruleFileSchema);
    for (const [index, rule] of (read.content?.rules ?? []).entries()) {
      const complain: Complain = (path, message, within) => read.complain(["rules", index, ...path], message, within);
      const other = seen.get(rule.id);
      if (other !== undefined) complain(["id"], `${rule.id} is a rule in ${other} already`);
      seen.set(rule.id, text.file);
      checkRule(rule, complain);
      placed.push({ rule, complain });
    }
    return read;
  });
  // A file that cannot be read may hold the rule that another one names.
  if (reads.every(({ content }) => content !== undefined)) {
    for (const { rule, complain } of placed) {
      for (const [index, { rule: source }] of rule.inhibitedBy.entries()) {
        if (!seen.has(source)) complain(["inhibitedBy", index, "rule"], `there is no rule ${source}`);
      }
    }
  }
  const issues = reads.flatMap((read) => read.issues);
  return issues.length > 0 ? { issues } : { rules: placed.map(({ rule }) => rule) };
};
