import { parseArgs } from "node:util";

/** Language of everything the demo says to people. */
export type Language = "zh" | "en";

/** What the demo was asked to do. */
export interface DemoOptions {
  readonly language: Language;
  /** Run the scenario, compare with the oracle, exit 0 or 1. */
  readonly check: boolean;
  /** The same as one JSON document on standard output; nothing else is printed there. Implies `check`. */
  readonly json: boolean;
  /** Data in a new temporary directory that is removed at the end, instead of `.demo/`. */
  readonly fresh: boolean;
  readonly help: boolean;
}

const languageOf = (asked: string | undefined, env: Readonly<Record<string, string | undefined>>): Language => {
  const said = asked ?? env["LC_ALL"] ?? env["LANG"] ?? "";
  return /^en(?![a-z])/i.test(said) ? "en" : "zh";
};

/** Reads the command line. Chinese unless `--lang en` or an English LC_ALL or LANG is set. @throws {TypeError} unknown option */
export const parseDemoOptions = (
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): DemoOptions => {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      check: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      fresh: { type: "boolean", default: false },
      lang: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const { check, json, fresh, help } = values;
  return { language: languageOf(values.lang, env), check: check || json, json, fresh, help };
};
