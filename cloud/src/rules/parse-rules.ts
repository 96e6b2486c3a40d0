import { MingchengError } from "@mingcheng/protocols";
import { LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import type { Bilingual } from "../alerts/alert.ts";
import { checkInhibitions } from "./check-inhibitions.ts";
import { checkRule } from "./check-rule.ts";
import { inChinese } from "./issue-words.ts";
import type { AlertRule } from "./rule.ts";
import { ruleFileSchema } from "./rule-schema.ts";
import { contentFault, textFault } from "./yaml-faults.ts";
import { type Complain, offsetOf, type YamlPath } from "./yaml-place.ts";

/** Where something is wrong in a rule file. */
export interface RuleIssue {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** Dotted path, e.g. `rules.0.condition`. */
  readonly field: string;
  readonly message: Bilingual;
}

/** One line on an issue, as compilers write it, in a language. */
export const issueLine = ({ file, line, column, field, message }: RuleIssue, language: keyof Bilingual): string =>
  `${file}:${line}:${column}: ${field === "" ? "" : `${field}: `}${message[language]}`;

/** The first issue in both languages and how many more there are, as an error, which has one text. */
export const issuesError = (
  code: "RULE_INVALID" | "ROUTING_INVALID",
  [first, ...more]: readonly RuleIssue[],
): MingchengError => {
  if (first === undefined) return new MingchengError(code, "");
  const { file, line, column, field, message } = first;
  const [zh, en] = more.length === 0 ? ["", ""] : [`（另有 ${more.length} 处）`, ` (and ${more.length} more)`];
  const place = `${file}:${line}:${column}`;
  const detail = `${place}: ${message.zh}${zh} / ${place}: ${message.en}${en}`;
  return new MingchengError(code, detail, field === "" ? {} : { field });
};

/** A text with the name it is known by. */
export interface RuleText {
  readonly file: string;
  readonly text: string;
}

interface Placed {
  readonly path: YamlPath;
  readonly message: Bilingual;
}

const bilingual = (en: string): Bilingual => ({ zh: inChinese(en), en });

const valueAt = (content: unknown, path: YamlPath): unknown =>
  path.reduce<unknown>(
    (within, key) => (within as Readonly<Record<PropertyKey, unknown>> | null | undefined)?.[key],
    content,
  );

/** `chinese`: the same issue as zod's own words have it in Chinese; a schema's own words are the same there. */
const zodMessage = (issue: z.core.$ZodIssue, chinese: z.core.$ZodIssue | undefined, content: unknown): Placed => {
  if (issue.code === "unrecognized_keys") {
    const [key = ""] = issue.keys;
    return { path: [...issue.path, key], message: bilingual(`unknown option ${key}`) };
  }
  if (issue.path.length > 0 && valueAt(content, issue.path) === undefined) {
    const en = issue.message.replace(/^Invalid \w+: /, "").replace(/, received undefined$/, "");
    const zh = (chinese ?? issue).message.replace(/^无效..：/, "").replace(/，实际接收 undefined$/, "");
    return { path: issue.path, message: { zh: `缺少：${zh}`, en: `missing: ${en}` } };
  }
  const isOwn = chinese === undefined || chinese.message === issue.message;
  return { path: issue.path, message: isOwn ? bilingual(issue.message) : { zh: chinese.message, en: issue.message } };
};

// What is there and should not be comes first: it mostly explains what is missing.
const isUnknown = ({ code }: z.core.$ZodIssue): number => (code === "unrecognized_keys" ? 0 : 1);

/** Of a choice between forms the one that fits best is meant: what is wrong with that one is said. */
const meant = (issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] => {
  const forms = issue.code === "invalid_union" ? issue.errors : [];
  const [best] = forms.toSorted((a, b) => a.length - b.length);
  // A schema that says in its own words what it wants knows better.
  if (best === undefined || !/^(?:Invalid input|无效输入)$/.test(issue.message)) return [issue];
  return best.flatMap((one) => meant({ ...one, path: [...issue.path, ...one.path] }));
};

const zodIssues = (schema: z.ZodType, content: unknown, issues: readonly z.core.$ZodIssue[]): readonly Placed[] => {
  const inChina = schema.safeParse(content, { error: z.locales.zhCN().localeError }).error?.issues ?? [];
  const chinese = inChina.flatMap(meant);
  return issues
    .flatMap(meant)
    .map((issue, index) => [issue, chinese[index]] as const)
    .toSorted(([a], [b]) => isUnknown(a) - isUnknown(b))
    .map(([issue, same]) => zodMessage(issue, same, content));
};

/** A checked document, or what is wrong with it, placed in its text. */
export const parseYaml = <Content>(
  { file, text }: RuleText,
  schema: z.ZodType<Content>,
): { readonly content?: Content; readonly issues: RuleIssue[]; readonly complain: Complain } => {
  const issues: RuleIssue[] = [];
  const lines = new LineCounter();
  const unreadable = textFault(text);
  // What is no text is not read: only its place is said.
  const source = unreadable === undefined ? text : text.slice(0, unreadable.at).replace(/[^\n]/g, "#");
  const document = parseDocument(source, { lineCounter: lines, strict: true, uniqueKeys: true });
  const add = (offset: number, field: string, message: Bilingual): void => {
    const { line, col } = lines.linePos(offset);
    issues.push({ file, line: Math.max(1, line), column: Math.max(1, col), field, message });
  };
  const at = (path: YamlPath, message: Bilingual, within?: number): void =>
    add(offsetOf(document, path, within), path.map(String).join("."), message);
  const complain: Complain = (path, message, within) => at(path, bilingual(message), within);
  if (unreadable !== undefined) {
    add(unreadable.at, "", bilingual(unreadable.message));
    return { issues, complain };
  }
  const [broken] = [...document.errors, ...document.warnings];
  if (broken !== undefined) {
    // The others mostly follow from the first one. Line and column are said already.
    const what = (broken.message.split("\n")[0] ?? "").replace(/ at line \d+, column \d+:?$/, "");
    const zh = `不是正确的 YAML（含 {、:、# 的文字须加引号）：${what}`;
    add(broken.pos[0], "", { zh, en: `not YAML (texts with {, : or # want quotes): ${what}` });
    return { issues, complain };
  }
  const fault = contentFault(document);
  if (fault !== undefined) {
    add(fault.at, "", bilingual(fault.message));
    return { issues, complain };
  }
  const content: unknown = document.toJS();
  const parsed = schema.safeParse(content);
  if (parsed.success) return { content: parsed.data, issues, complain };
  for (const { path, message } of zodIssues(schema, content, parsed.error.issues)) at(path, message);
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
  if (reads.every(({ content }) => content !== undefined)) checkInhibitions(placed);
  const issues = reads.flatMap((read) => read.issues);
  return issues.length > 0 ? { issues } : { rules: placed.map(({ rule }) => rule) };
};
