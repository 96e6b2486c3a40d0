import { deviceIdPattern, MingchengError, recordKinds } from "@mingcheng/protocols";
import type { RecordFacts } from "./record-facts.ts";

/** Records that are given by their digest alone. A record is withheld when everything that the rule names fits it. */
export interface WithholdRule {
  /** As it was written; the manifest repeats it. */
  readonly text: string;
  /** True: whatever is not of the devices, or the site, that were asked for; the gateway's own records stay. */
  readonly others: boolean;
  readonly kinds: readonly string[] | null;
  readonly devices: readonly string[] | null;
  /** When it happened, milliseconds since 1970, both ends included. */
  readonly fromMs: number | null;
  readonly toMs: number | null;
}

const refuse = (text: string, reason: string): never => {
  throw new MingchengError("INPUT_INVALID", `${text}: ${reason}`, { field: "--withhold" });
};

const kindsOf = (text: string, value: string): string[] =>
  value.split(",").map((kind) => {
    const isKnown = (recordKinds as readonly string[]).includes(kind);
    return isKnown ? kind : refuse(text, `${kind || "nothing"} is no kind (${recordKinds.join(", ")})`);
  });

const devicesOf = (text: string, value: string): string[] =>
  value
    .split(",")
    .map((dev) => (deviceIdPattern.test(dev) ? dev : refuse(text, `${dev || "nothing"} is no device id`)));

const timeOf = (text: string, value: string): number => {
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? refuse(text, `${value} is no time, e.g. 2026-11-24T08:00:00+08:00`) : ms;
};

/**
 * Reads a rule: `others`, or conditions behind one another with blanks between them, `kind=test,camera`, `device=scale-a12`,
 * `from=<time>`, `to=<time>`. What is misspelt is refused, so that nothing is shown by mistake.
 * @throws {MingchengError} INPUT_INVALID, field `--withhold`
 */
export const parseWithholdRule = (text: string): WithholdRule => {
  const rule = { text, others: false, kinds: null, devices: null, fromMs: null, toMs: null };
  if (text.trim() === "others") return { ...rule, others: true };
  const found = new Map<string, string>();
  for (const condition of text.trim().split(/\s+/)) {
    const [, name = "", value = ""] = /^(kind|device|from|to)=(.*)$/.exec(condition) ?? [];
    if (name === "") refuse(text, `"${condition}" is none of kind=, device=, from=, to=, others`);
    if (found.has(name)) refuse(text, `${name}= stands there twice`);
    found.set(name, value);
  }
  const [kind, device, from, to] = ["kind", "device", "from", "to"].map((name) => found.get(name));
  return {
    ...rule,
    kinds: kind === undefined ? null : kindsOf(text, kind),
    devices: device === undefined ? null : devicesOf(text, device),
    fromMs: from === undefined ? null : timeOf(text, from),
    toMs: to === undefined ? null : timeOf(text, to),
  };
};

/** Whether a rule withholds a record. `isAsked`: the record is one of those that were asked for. */
export const withholds = (rule: WithholdRule, facts: RecordFacts, isAsked: boolean): boolean => {
  if (rule.others) return !isAsked && !facts.isGatewaysOwn;
  const { kinds, devices, fromMs, toMs } = rule;
  return (
    (kinds === null || kinds.includes(facts.kind)) &&
    (devices === null || devices.includes(facts.dev)) &&
    (fromMs === null || facts.atMs >= fromMs) &&
    (toMs === null || facts.atMs <= toMs)
  );
};
