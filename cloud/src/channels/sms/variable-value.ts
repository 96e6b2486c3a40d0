import { plainWords } from "../plain-words.ts";
import { refusedCharacters } from "./approved-text.ts";

const refused = new RegExp(refusedCharacters.source, "gu");

/** Said where a value is empty: providers refuse empty variables. */
const nothing = "无";

/**
 * A value as a provider takes it for a variable: no links, no telephone numbers, nothing that arrives broken, never
 * empty, and at most `mostChars` UCS-2 characters, so that the whole stays one segment whatever the value is.
 */
export const variableValue = (value: string, mostChars: number): string => {
  const clean = plainWords(value.replace(refused, "").replace(/[{}[\]]/gu, ""));
  if (clean === "") return nothing.slice(0, mostChars);
  if (clean.length <= mostChars) return clean;
  const characters = Array.from(clean);
  while (characters.length > 0 && characters.join("").length > mostChars - 1) characters.pop();
  return `${characters.join("").replace(/[\s，、：；,:;（(]+$/u, "")}…`;
};
