import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { MingchengError } from "@mingcheng/protocols";
import type { Bilingual } from "../alerts/alert.ts";
import { issuesError, parseRules, type RuleText } from "./parse-rules.ts";
import type { AlertRule } from "./rule.ts";

/** Directory of the rules that come with the centre. */
export const builtInRules = fileURLToPath(new URL("../../rules/", import.meta.url));

const readTexts = async (path: string | null): Promise<RuleText[]> => {
  if (path !== null) return [{ file: path, text: await readFile(path, "utf8") }];
  const names = (await readdir(builtInRules)).filter((name) => name.endsWith(".yaml")).toSorted();
  return Promise.all(
    names.map(async (name) => ({ file: basename(name), text: await readFile(join(builtInRules, name), "utf8") })),
  );
};

const unreadable: Readonly<Record<string, Bilingual>> = {
  ENOENT: { zh: "没有这个文件", en: "there is no such file" },
  EISDIR: { zh: "是目录，不是文件", en: "this is a directory, not a file" },
  EACCES: { zh: "没有读取权限", en: "it may not be read" },
};

/** Why a file cannot be read, in both languages where there are words for it. */
const reasonOf = (path: string | null, cause: unknown): string => {
  const { code, message } = cause as NodeJS.ErrnoException;
  const known = unreadable[code ?? ""];
  return path === null || known === undefined ? message : `${path}：${known.zh} / ${path}: ${known.en}`;
};

/**
 * Texts of a rule file, or of the built-in ones.
 * @throws {MingchengError} RULE_INVALID when they cannot be read
 */
export const ruleTexts = async (path: string | null): Promise<RuleText[]> => {
  try {
    return await readTexts(path);
  } catch (cause) {
    throw new MingchengError("RULE_INVALID", reasonOf(path, cause), { field: "rules", cause });
  }
};

/**
 * Loads a rule file, or the built-in rules when `path` is null.
 * @throws {MingchengError} RULE_INVALID naming file, line and field of the first mistake and how many there are
 */
export const loadRules = async (path: string | null): Promise<readonly AlertRule[]> => readRules(await ruleTexts(path));

/** Reads rule texts. @throws {MingchengError} RULE_INVALID as {@link loadRules} */
export const readRules = (texts: readonly RuleText[]): readonly AlertRule[] => {
  const read = parseRules(texts);
  if ("rules" in read) return read.rules;
  throw issuesError("RULE_INVALID", read.issues);
};
