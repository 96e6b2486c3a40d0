import { isMap, LineCounter, parseDocument } from "yaml";
import type { z } from "zod";
import { fieldSchema, isPlainField } from "./record-field.ts";
import type { AlertRule } from "./rule.ts";
import { ruleFileSchema } from "./rule-schema.ts";

/** Where something is wrong in a rule file. */
export interface RuleIssue {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** Dotted path, e.g. `rules.0.condition.0.in.0`. */
  readonly field: string;
  readonly message: string;
}

/** A text with the name it is known by. */
export interface RuleText {
  readonly file: string;
  readonly text: string;
}

type Path = readonly PropertyKey[];
type Complain = (path: Path, message: string) => void;

const placeholders = (text: string): string[] => [...text.matchAll(/\{([^{}]*)\}/g)].map(([, name]) => name ?? "");

const checkTexts = (rule: AlertRule, complain: Complain): void => {
  const known = new Set([...Object.keys(rule.group), ...Object.keys(rule.labels)]);
  for (const part of ["title", "next"] as const) {
    for (const language of ["zh", "en"] as const) {
      const unknown = placeholders(rule[part][language]).find((name) => !known.has(name));
      if (unknown !== undefined) complain([part, language], `{${unknown}} is not a label of this rule`);
    }
  }
  for (const name of Object.keys(rule.labels)) {
    if (Object.hasOwn(rule.group, name)) complain(["labels", name], "is a label of the group already");
  }
};

const checkFields = (rule: AlertRule, complain: Complain): void => {
  const { kind } = rule.match;
  for (const [index, test] of rule.condition.entries()) {
    const schema = fieldSchema(kind, test.field);
    if (schema === undefined) complain(["condition", index, "field"], `records of kind ${kind} have no ${test.field}`);
    for (const [place, value] of test.in.entries()) {
      if (schema === undefined || schema.safeParse(value).success) continue;
      complain(["condition", index, "in", place], `${JSON.stringify(value)} is no value of ${test.field}`);
    }
  }
  for (const part of ["group", "labels"] as const) {
    for (const [name, field] of Object.entries(rule[part])) {
      const schema = fieldSchema(kind, field);
      if (schema === undefined) complain([part, name], `records of kind ${kind} have no ${field}`);
      else if (!isPlainField(schema)) complain([part, name], `${field} is not one value`);
    }
  }
  if (rule.lifecycle.type === "event" && rule.lifecycle.identity === "result" && kind !== "test") {
    complain(["lifecycle", "identity"], "only records of kind test have results");
  }
};

const zodMessage = (issue: z.core.$ZodIssue): { readonly path: Path; readonly message: string } =>
  issue.code === "unrecognized_keys"
    ? { path: [...issue.path, issue.keys[0] ?? ""], message: `unknown option ${issue.keys[0] ?? ""}` }
    : { path: issue.path, message: issue.message };

/** Reads rule files together. Returns every rule, or everything that is wrong with file and line. */
export const parseRules = (
  texts: readonly RuleText[],
): { readonly rules: readonly AlertRule[] } | { readonly issues: readonly RuleIssue[] } => {
  const issues: RuleIssue[] = [];
  const rules: AlertRule[] = [];
  const seen = new Map<string, string>();
  for (const { file, text } of texts) {
    const lines = new LineCounter();
    const document = parseDocument(text, { lineCounter: lines, strict: true, uniqueKeys: true });
    const lineAt = (offset: number): number => Math.max(1, lines.linePos(offset).line);
    if (document.errors.length > 0) {
      for (const { pos, message } of document.errors) {
        issues.push({ file, line: lineAt(pos[0]), field: "", message: message.split("\n")[0] ?? "not YAML" });
      }
      continue;
    }
    const complain: Complain = (path, message) => {
      const field = path.map(String).join(".");
      issues.push({ file, line: lineAt(offsetOf(document, path)), field, message });
    };
    const parsed = ruleFileSchema.safeParse(document.toJS());
    if (!parsed.success) {
      // What is there and should not be comes first: it mostly explains what is missing.
      const isUnknown = ({ code }: z.core.$ZodIssue): number => (code === "unrecognized_keys" ? 0 : 1);
      for (const issue of parsed.error.issues.toSorted((a, b) => isUnknown(a) - isUnknown(b))) {
        const { path, message } = zodMessage(issue);
        complain(path, message);
      }
      continue;
    }
    for (const [index, rule] of parsed.data.rules.entries()) {
      const complainHere: Complain = (path, message) => complain(["rules", index, ...path], message);
      const other = seen.get(rule.id);
      if (other !== undefined) complainHere(["id"], `${rule.id} is a rule in ${other} already`);
      seen.set(rule.id, file);
      checkFields(rule, complainHere);
      checkTexts(rule, complainHere);
      rules.push(rule);
    }
  }
  return issues.length > 0 ? { issues } : { rules };
};

/** Offset of the key where there is one, of the nearest thing around it where there is none. */
const offsetOf = (document: ReturnType<typeof parseDocument>, path: Path): number => {
  for (let length = path.length; length > 0; length--) {
    const parent = document.getIn(path.slice(0, length - 1), true);
    const last = path[length - 1];
    if (isMap(parent)) {
      const pair = parent.items.find(({ key }) => String(key) === String(last));
      const range = (pair?.key as { range?: readonly [number, number, number] } | undefined)?.range;
      if (range !== undefined) return range[0];
      continue;
    }
    const node = document.getIn(path.slice(0, length), true) as
      | { range?: readonly [number, number, number] }
      | undefined;
    if (node?.range !== undefined) return node.range[0];
  }
  return 0;
};
