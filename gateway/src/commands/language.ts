import type { Language } from "../config/config-issue.ts";

/** Chinese unless LC_ALL or LANG asks for English. */
export const languageOf = (env: Readonly<Record<string, string | undefined>>): Language =>
  /^en(?![a-z])/i.test(env["LC_ALL"] || env["LANG"] || "") ? "en" : "zh";
