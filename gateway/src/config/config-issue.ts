import { isMap, isSeq, type LineCounter, type Node, type YAMLMap } from "yaml";
import { z } from "zod";

/** Languages in which people are spoken to. */
export type Language = "zh" | "en";

/** One thing that is wrong in a configuration file. */
export interface ConfigIssue {
  /** Path of the option: `devices[2].options.unit`; empty when the text is no YAML. */
  readonly field: string;
  /** From 1; of the nearest option around it when the option itself is missing; null when there is no file. */
  readonly line: number | null;
  readonly zh: string;
  readonly en: string;
}

/** A step into a YAML document: a key or an index. */
export type Path = readonly (string | number)[];

const english = z.locales.en().localeError;
const chinese = z.locales.zhCN().localeError;

/** `devices[2].options.unit`. */
export const fieldOf = (path: Path): string =>
  path.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step}]`;
    return text === "" ? step : `${text}.${step}`;
  }, "");

/** Messages of ours hold both languages as `中文 / English`; others are the same in both. */
const inLanguage = (message: string, language: Language): string => {
  const at = message.indexOf(" / ");
  if (at < 0) return message;
  return language === "zh" ? message.slice(0, at) : message.slice(at + 3);
};

const pairOf = (map: YAMLMap, key: string | number) =>
  map.items.find((pair) => String((pair.key as { value?: unknown } | null)?.value) === String(key));

/** The line of an option, or of the nearest option around it that is in the document. */
export const lineOf = (root: Node | null, path: Path, lines: LineCounter): number => {
  let node: unknown = root;
  let offset = root?.range?.[0] ?? 0;
  for (const step of path) {
    if (isMap(node)) {
      const pair = pairOf(node, step);
      if (pair === undefined) break;
      offset = (pair.key as Node).range?.[0] ?? offset;
      node = pair.value;
    } else if (isSeq(node)) {
      const item = node.items[Number(step)] as Node | undefined;
      if (item === undefined) break;
      offset = item.range?.[0] ?? offset;
      node = item;
    } else break;
  }
  return lines.linePos(offset).line;
};

/** A fault before its line is known. */
export interface Finding {
  readonly path: Path;
  readonly zh: string;
  readonly en: string;
}

type Parsed<Output> = { readonly data: Output } | { readonly findings: readonly Finding[] };

/** Parses `input`; what is wrong is said in both languages, with `base` in front of every path. */
export const parseWith = <Output>(schema: z.ZodType<Output>, input: unknown, base: Path): Parsed<Output> => {
  const parsed = schema.safeParse(input, { error: english });
  if (parsed.success) return { data: parsed.data };
  const inChinese = schema.safeParse(input, { error: chinese }).error?.issues ?? [];
  const findings = parsed.error.issues.flatMap((issue, index): Finding[] => {
    const at = [...base, ...(issue.path as Path)];
    const zh = inLanguage(inChinese[index]?.message ?? issue.message, "zh");
    const en = inLanguage(issue.message, "en");
    if (issue.code !== "unrecognized_keys") return [{ path: at, zh, en }];
    return issue.keys.map((key) => ({ path: [...at, key], zh: "没有这个选项", en: "there is no such option" }));
  });
  return { findings };
};
