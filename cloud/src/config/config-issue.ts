import type { Document, LineCounter } from "yaml";
import { z } from "zod";

/** Where something is wrong in a configuration file. */
export interface ConfigIssue {
  /** Dotted path of the option. */
  readonly field: string;
  /** From 1; of the nearest option around it when the option itself is missing; null when the file has neither. */
  readonly line: number | null;
  readonly zh: string;
  readonly en: string;
}

type Path = readonly PropertyKey[];

/** Says the line of an option, or of the nearest one around it that is in the file. */
export type LineOf = (path: Path) => number | null;

/** Lines of a document's options. */
export const linesIn =
  (document: Document, lines: LineCounter): LineOf =>
  (path) => {
    for (let length = path.length; length > 0; length--) {
      const node = document.getIn(path.slice(0, length), true) as { readonly range?: readonly number[] } | undefined;
      const at = node?.range?.[0];
      if (at !== undefined) return lines.linePos(at).line;
    }
    return null;
  };

/** Messages of ours hold both languages as `中文 / English`; others are the same in both. */
export const halvesOf = (message: string): { readonly zh: string; readonly en: string } => {
  const [, zh = message, en = message] = /^(.*?) \/ (.*)$/su.exec(message) ?? [];
  return { zh, en };
};

const valueAt = (content: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (within, key) => (within as Readonly<Record<PropertyKey, unknown>> | null | undefined)?.[key],
    content,
  );

const chinese = z.locales.zhCN().localeError;

/** What a schema finds wrong with a content, in both languages. */
export const issuesOf = (
  schema: z.ZodType,
  content: unknown,
  issues: readonly z.core.$ZodIssue[],
  lineOf: LineOf,
): readonly ConfigIssue[] => {
  const inChinese = schema.safeParse(content, { error: chinese }).error?.issues ?? [];
  return issues.map((issue, index): ConfigIssue => {
    const isUnknown = issue.code === "unrecognized_keys";
    const path = isUnknown ? [...issue.path, issue.keys[0] ?? ""] : issue.path;
    const at = { field: path.map(String).join("."), line: lineOf(path) };
    if (isUnknown) return { ...at, zh: "没有这个选项", en: "there is no such option" };
    if (path.length > 0 && valueAt(content, path) === undefined)
      return { ...at, zh: "缺少这个选项", en: "it is missing" };
    if (issue.code === "invalid_union") {
      const values = /Expected (.*)$/u.exec(issue.message)?.[1]?.replaceAll(" | ", ", ");
      if (values !== undefined) return { ...at, zh: `只能是 ${values}`, en: `has to be one of ${values}` };
    }
    const { en } = halvesOf(issue.message);
    return { ...at, zh: halvesOf(inChinese[index]?.message ?? issue.message).zh, en };
  });
};
