import type { ASTNode } from "@marcbachmann/cel-js";
import { type CelMistake, childrenOf } from "./check-nulls.ts";

const hours: readonly string[] = ["open", "meal", "duty"];

const mostChars = 200;
const quantified = /[*+]|\{\d+,\d*\}/;

/**
 * Why a pattern is refused. Patterns are JavaScript's, which go back: what is repeated and holds a repetition or a choice, or
 * refers back, can take longer than anybody waits, and all rules wait with it.
 */
const patternFault = (pattern: string): string | undefined => {
  if (pattern.length > mostChars) return `a pattern that can take for ever: longer than ${mostChars} characters`;
  try {
    new RegExp(pattern);
  } catch (error) {
    return `not a pattern: ${error instanceof Error ? error.message : String(error)}`;
  }
  const plain = pattern.replace(/\\[^1-9k]/g, "_").replace(/\[[^\]]*\]/g, "_");
  const repeatedGroup = /\(((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)(?:[*+]|\{\d+,\d*\})/g;
  const nested = [...plain.matchAll(repeatedGroup)].find(
    ([, inner = ""]) => quantified.test(inner) || inner.includes("|"),
  );
  const unbounded = plain.match(/[*+]|\{\d+,\}/g)?.length ?? 0;
  const risky = nested !== undefined || /\\[1-9k]/.test(plain) || unbounded > 3;
  return risky ? `a pattern that can take for ever: ${pattern}` : undefined;
};

const matchFault = (pattern: ASTNode | undefined): string | undefined =>
  pattern?.op === "value" && typeof pattern.args === "string"
    ? patternFault(pattern.args)
    : "a pattern stands there as it is, in quotes";

const callFault = (name: string, [argument]: readonly ASTNode[], over: string): string | undefined => {
  const constant = argument?.op === "value" ? argument.args : undefined;
  if (name === "percentile") {
    if (over !== "window") return "percentile is asked of a window only";
    if (typeof constant === "number" && (constant < 0 || constant > 1))
      return `${constant} is no share between 0 and 1`;
  }
  if (name === "within" && typeof constant === "string" && !hours.includes(constant))
    return `there are no such hours: ${hours.join(", ")}`;
  return undefined;
};

/** What is known of calls before there is a record: arguments that never work, and where a function says nothing. */
export const constantMistake = (node: ASTNode, over: string): CelMistake | undefined => {
  const fault =
    node.op === "call"
      ? callFault(node.args[0], node.args[1], over)
      : node.op === "rcall" && node.args[0] === "matches"
        ? matchFault(node.args[2][0])
        : undefined;
  if (fault !== undefined) return { at: node.start, message: fault };
  for (const child of childrenOf(node)) {
    const found = constantMistake(child, over);
    if (found !== undefined) return found;
  }
  return undefined;
};
