import { type ASTNode, Environment, type TypeCheckResult } from "@marcbachmann/cel-js";
import { z } from "zod";
import type { RuleKind } from "../rule.ts";
import { type CelSurroundings, celLimits, withFunctions } from "./cel-functions.ts";
import { constantMistake } from "./check-constants.ts";
import { type CelMistake, childrenOf, nullMistake, pathOf } from "./check-nulls.ts";
import {
  bodyShape,
  type CelShape,
  eachShape,
  elementSchemaAt,
  gatewayStateShape,
  registeredDeviceShape,
  schemaAt,
  siteShape,
  windowShape,
} from "./record-types.ts";

/** What an expression may name. */
export interface CelScope {
  readonly kinds: readonly RuleKind[];
  readonly each: string | null;
  /** `record`: what one record says. `window`, `join`: what has gathered, and the labels. */
  readonly over: "record" | "window" | "join";
  /** Labels that the rule gives, where `over` is not `record`. */
  readonly labels: readonly string[];
  /** What a join keeps of the other record. */
  readonly kept: readonly string[];
}

const nowhere: CelSurroundings = {
  localTime: () => ({ weekday: 1, minuteOfDay: 0 }),
  day: () => "",
  within: () => true,
  itemName: (code) => code,
  lateSeconds: () => 0,
  percentile: () => 0,
  daysSince: () => 0,
  daysUntil: () => 0,
  reagentExpiry: () => "",
};

const declare = (environment: Environment, name: string, shape: CelShape): void => {
  if (typeof shape === "string") environment.registerVariable(name, shape);
  else environment.registerVariable({ name, schema: shape as Record<string, string> });
};

const texts = (names: readonly string[]): CelShape => Object.fromEntries(names.map((name) => [name, "string"]));

/** The one kind of a scope; of several kinds nothing is known in common. */
const onlyKind = ({ kinds }: CelScope): RuleKind | undefined => (kinds.length === 1 ? kinds[0] : undefined);

const environmentOf = (scope: CelScope): Environment => {
  const { kinds, each, over, labels, kept } = scope;
  const kind = onlyKind(scope);
  const environment = new Environment({ limits: celLimits });
  withFunctions(environment, () => nowhere);
  declare(environment, "labels", texts(labels));
  if (over === "window") declare(environment, "window", windowShape);
  if (over === "join") declare(environment, "joined", { ...(texts(kept) as object), ageSeconds: "double" });
  if (over !== "record") return environment;
  for (const name of ["gw", "dev", "kind"]) declare(environment, name, "string");
  declare(environment, "site", siteShape);
  const body = kind === undefined ? "dyn" : bodyShape(kind);
  if (body !== undefined) declare(environment, "body", body);
  if (kinds.includes("gateway-state")) declare(environment, "gateway", gatewayStateShape);
  if (kinds.includes("registered-device")) declare(environment, "device", registeredDeviceShape);
  const element = each === null || kind === undefined ? undefined : eachShape(kind, each);
  if (element !== undefined) declare(environment, "each", element);
  return environment;
};

const environments = new Map<string, Environment>();

/** Declaring takes longer than checking, and the expressions of a rule share what they may name. */
const environmentFor = (scope: CelScope): Environment => {
  const key = JSON.stringify(scope);
  const known = environments.get(key);
  if (known !== undefined) return known;
  if (environments.size >= 200) environments.clear();
  const environment = environmentOf(scope);
  environments.set(key, environment);
  return environment;
};

const schemaOf = (scope: CelScope, node: ASTNode): z.ZodType | undefined => {
  const { each } = scope;
  const kind = onlyKind(scope);
  const path = pathOf(node);
  if (path === undefined || kind === undefined) return undefined;
  if (path[0] !== "each") return schemaAt(kind, path);
  const element = each === null ? undefined : elementSchemaAt(kind, each);
  if (path.length !== 2 || !(element instanceof z.ZodObject)) return undefined;
  return (element.shape as Record<string, z.ZodType>)[path[1] ?? ""];
};

const literalsOf = (node: ASTNode): readonly { readonly value: unknown; readonly at: number }[] => {
  if (node.op === "value") return [{ value: node.args, at: node.start }];
  return node.op === "list" ? node.args.flatMap(literalsOf) : [];
};

/** A text compared with a field that can never have it: `body.verdict == "positiv"`. */
const impossible = (scope: CelScope, node: ASTNode): CelMistake | undefined => {
  if (node.op === "==" || node.op === "!=" || node.op === "in") {
    const [left, right] = node.args;
    for (const [field, other] of [
      [left, right],
      [right, left],
    ] as const) {
      const schema = schemaOf(scope, field);
      if (!(schema instanceof z.ZodEnum)) continue;
      const wrong = literalsOf(other).find(({ value }) => value !== null && !schema.safeParse(value).success);
      if (wrong === undefined) continue;
      const name = (pathOf(field) ?? []).join(".");
      return { at: wrong.at, message: `${JSON.stringify(wrong.value)} is no value of ${name}` };
    }
  }
  for (const child of childrenOf(node)) {
    const found = impossible(scope, child);
    if (found !== undefined) return found;
  }
  return undefined;
};

const mistakeOf = ({ error }: TypeCheckResult, text: string, { kinds }: CelScope): CelMistake => {
  const { start = 0, end = 0 } = error?.range ?? {};
  if (error?.code !== "no_such_key") return { at: start, message: error?.summary ?? "not an expression" };
  const [path = ""] = /[\w.]*$/.exec(text.slice(0, end)) ?? [];
  return { at: start, message: `records of kind ${kinds.join(", ")} have no ${path}` };
};

const treeOf = (environment: Environment, text: string): ASTNode[] =>
  environment.check(text).valid ? [environment.parse(text).ast] : [];

/**
 * Checks an expression as far as that is possible before there is a record: grammar, names, types, texts that a field
 * can never have, fields that a record may leave out, arguments that never work. `wanted` undefined: any single value.
 * `given`: expressions over the same record that are true where this one is evaluated.
 */
export const checkExpression = (
  text: string,
  scope: CelScope,
  wanted: "bool" | undefined,
  given: readonly string[] = [],
): CelMistake | undefined => {
  const environment = environmentFor(scope);
  const checked = environment.check(text);
  if (!checked.valid) return mistakeOf(checked, text, scope);
  const type = checked.type ?? "dyn";
  if (wanted === "bool" && type !== "bool") return { at: 0, message: `this is ${type}, true or false is wanted` };
  if (wanted === undefined && !["string", "bool", "double", "int", "uint", "dyn"].includes(type)) {
    return { at: 0, message: `${text} is not one value` };
  }
  const { ast } = environment.parse(text);
  const found = impossible(scope, ast) ?? constantMistake(ast, scope.over);
  const kind = onlyKind(scope);
  if (found !== undefined || kind === undefined || scope.over !== "record") return found;
  const trees = given.flatMap((one) => treeOf(environment, one));
  return nullMistake(ast, { kind, each: scope.each, given: trees });
};
