import { type CelScope, checkExpression } from "./cel/check-expression.ts";
import { eachShape } from "./cel/record-types.ts";
import { checkNames, checkTexts } from "./check-words.ts";
import { absenceLabels } from "./gathering/presence-book.ts";
import { windowLabels } from "./gathering/window-book.ts";
import { type AlertRule, isStanding, type Match } from "./rule.ts";
import type { Complain, YamlPath } from "./yaml-place.ts";

/** Labels that a rule's alerts have. */
export const labelsOf = ({ group, labels, window, join, absence }: AlertRule): readonly string[] => [
  ...Object.keys(group),
  ...Object.keys(labels),
  ...(window === null ? [] : windowLabels),
  ...Object.keys(join?.keep ?? {}),
  ...(absence === null ? [] : absenceLabels),
];

const checkLabels = (rule: AlertRule, complain: Complain): void => {
  for (const name of Object.keys(rule.labels)) {
    if (Object.hasOwn(rule.group, name)) complain(["labels", name], "is a label of the group already");
  }
  const given = rule.window === null ? [] : [...windowLabels];
  for (const part of ["group", "labels"] as const) {
    const taken = Object.keys(rule[part]).find((name) => (given as string[]).includes(name));
    if (taken !== undefined) complain([part, taken], "is a label that the window gives by itself");
  }
  for (const name of Object.keys(rule.join?.keep ?? {})) {
    if (Object.hasOwn({ ...rule.group, ...rule.labels }, name)) complain(["join", "keep", name], "is a label already");
  }
};

/** `given`: what is true of the record where it is evaluated. */
type Expression = readonly [
  path: YamlPath,
  text: string | null,
  scope: CelScope,
  given: readonly (string | null)[],
  wanted?: "bool",
];

const ofRecord = ({ kinds, each }: Match): CelScope => ({ kinds, each, over: "record", labels: [], kept: [] });

const matchExpressions = (path: YamlPath, match: Match): Expression[] => [
  [[...path, "where"], match.where, ofRecord(match), [], "bool"],
];

const textExpressions = (
  path: YamlPath,
  texts: Readonly<Record<string, string>>,
  scope: CelScope,
  given: Expression[3],
): Expression[] => Object.entries(texts).map(([name, text]) => [[...path, name], text, scope, given]);

const joinExpressions = ({ match, join }: AlertRule): Expression[] => {
  if (join === null) return [];
  const here = ofRecord(match);
  const keys = Object.entries(join.on).flatMap(([name, key]): Expression[] => {
    const sides = (["here", "there"] as const).map((side): Expression => {
      const path = key.here === key.there ? ["join", "on", name] : ["join", "on", name, side];
      const of = side === "here" ? match : join.to;
      return [path, key[side], side === "here" ? here : ofRecord(join.to), [of.where]];
    });
    const { until } = join;
    const lifted: Expression[] =
      until === null ? [] : [[["join", "on", name], key.there, ofRecord(until), [until.where]]];
    return [...sides, ...lifted];
  });
  return [
    ...matchExpressions(["join", "to"], join.to),
    ...(join.until === null ? [] : matchExpressions(["join", "until"], join.until)),
    ...textExpressions(["join", "keep"], join.keep, ofRecord(join.to), [join.to.where]),
    ...keys,
  ];
};

const conditionScope = (rule: AlertRule): CelScope => {
  const gathered = rule.window === null ? (rule.join === null ? "record" : "join") : "window";
  const labels = [...Object.keys(rule.group), ...Object.keys(rule.labels), ...Object.keys(rule.join?.keep ?? {})];
  return { ...ofRecord(rule.match), over: gathered, labels, kept: Object.keys(rule.join?.keep ?? {}) };
};

const checkExpressions = (rule: AlertRule, complain: Complain): void => {
  const { match, window, join, condition, lifecycle } = rule;
  const scope = ofRecord(match);
  const { where } = match;
  // Of an event rule nothing is worked out for records for which it does not hold.
  const holds = lifecycle.type === "event" && window === null && join === null ? [where, condition] : [where];
  const expressions: Expression[] = [
    ...matchExpressions(["match"], match),
    [["condition"], condition, conditionScope(rule), [where], "bool"],
    ...textExpressions(["group"], rule.group, scope, holds),
    ...textExpressions(["labels"], rule.labels, scope, holds),
    [["window", "value"], window?.value ?? null, scope, [where]],
    ...joinExpressions(rule),
  ];
  for (const [path, text, of, given, wanted] of expressions) {
    const known = given.filter((one) => one !== null);
    const mistake = text === null ? undefined : checkExpression(text, of, wanted, known);
    if (mistake !== undefined) complain(path, mistake.message, mistake.at);
  }
};

const checkLists = ({ match, join }: AlertRule, complain: Complain): void => {
  const matches: readonly (readonly [YamlPath, Match])[] = [
    [["match"], match],
    ...(join === null ? [] : [[["join", "to"], join.to] as const]),
    ...(join?.until == null ? [] : [[["join", "until"], join.until] as const]),
  ];
  for (const [path, { kinds, each }] of matches) {
    const lacking = each === null ? undefined : kinds.find((kind) => eachShape(kind, each) === undefined);
    if (lacking !== undefined) complain([...path, "each"], `records of kind ${lacking} have no list ${each}`);
  }
};

const checkParts = (rule: AlertRule, complain: Complain): void => {
  const { match, window, join, absence, lifecycle, condition } = rule;
  const gathering = (["window", "join", "absence"] as const).filter((part) => rule[part] !== null);
  if (gathering.length > 1) complain([gathering[1] ?? ""], `a rule has ${gathering.join(" or ")}, not both`);
  if (window !== null && condition === null)
    complain(["condition"], "a window needs a condition, e.g. window.count > 20");
  if (join !== null && lifecycle.type !== "event") complain(["lifecycle", "type"], "a join is an event");
  if (absence !== null && lifecycle.type !== "state") complain(["lifecycle", "type"], "an absence is a state");
  if (absence !== null && condition !== null) complain(["condition"], "an absence has none: use match.where");
  if (absence !== null && Object.keys(rule.group).length + Object.keys(rule.labels).length > 0) {
    complain(["group"], `an absence has the labels ${absenceLabels.join(", ")} by itself`);
  }
  if (absence === null && Object.keys(rule.group).length === 0) complain(["group"], "at least one label");
  if (isStanding(match) && gathering.length > 0) {
    complain([gathering[0] ?? ""], "what stands so without a record is not gathered");
  }
  if (isStanding(match) && lifecycle.type !== "state") {
    complain(["lifecycle", "type"], "how a gateway or a device stands is a state");
  }
  if (isStanding(match) && match.kinds.length > 1) {
    complain(["match", "kind"], "states are not records: a rule is about the one or the other");
  }
  if (lifecycle.type === "event" && lifecycle.identity === "result" && match.kinds.some((kind) => kind !== "test")) {
    complain(["lifecycle", "identity"], "only records of kind test have results");
  }
};

/** Finds everything that is wrong with a rule beyond its form. */
export const checkRule = (rule: AlertRule, complain: Complain): void => {
  checkNames(rule, complain);
  checkParts(rule, complain);
  checkLists(rule, complain);
  checkExpressions(rule, complain);
  checkLabels(rule, complain);
  checkTexts(rule, labelsOf(rule), complain);
};
