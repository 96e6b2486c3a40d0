import type { Verdict } from "../devices/device-event.ts";
import { compareDecimal, type Decimal, parseDecimal } from "../units/decimal.ts";

/** How one assay is judged: data, from the configuration. */
export interface AssayRule {
  /** The instrument's code, as in LIS02-A2 field R.3. */
  readonly code: string;
  readonly name?: string | undefined;
  /** The standard that sets the limit, for the record: `GB/T 5009.199-2003`. */
  readonly method: string;
  /** The result's unit must be this one; left out, any unit is taken. */
  readonly unit?: string | undefined;
  /**
   * `above-is-positive`: enzyme inhibition, residues by concentration. `below-is-positive`: competitive strips by T/C
   * ratio. `qualitative`: the instrument's own words count.
   */
  readonly direction: "above-is-positive" | "below-is-positive" | "qualitative";
  /** Limit as decimal text; exactly this value is positive (GB/T 5009.199-2003: inhibition >= 50 %) unless `atLimit` says. */
  readonly positiveFrom?: string | undefined;
  /** What exactly the limit means: `negative` for competitive strips, where a test line as strong as the control passes. */
  readonly atLimit?: "positive" | "negative" | undefined;
  /** From here on suspect, exactly this value included. */
  readonly suspectFrom?: string | undefined;
  /** So many repeats does the method ask for when a result is positive or suspect (GB/T 5009.199-2003: two). */
  readonly retests?: number | undefined;
}

/** What the instrument said, as far as judging needs it. */
export interface AssayResult {
  /** Value as sent, padding included. */
  readonly value: string;
  readonly unit: string;
  readonly flags: string;
  /** LIS02-A2 result status; X = cannot be done. */
  readonly status: string;
  /** The instrument's verdict where it is a code of its protocol and no word in `value` or `flags`. */
  readonly instrumentVerdict?: Verdict | undefined;
}

/** A verdict and the reason in a few words, so that a record explains itself. */
export interface Judgement {
  readonly verdict: Verdict;
  readonly rule: string;
  readonly instrumentVerdict: Verdict;
  /** The value as canonical decimal text; `null` when it is none. */
  readonly number: string | null;
  /** Repeats that the rule asks for after this verdict; 0: none, or the rule does not say. */
  readonly retests: number;
}

interface Measured {
  readonly number: Decimal;
  readonly text: string;
  /**
   * `exact`, or what the true value is known to be (`>100`, `<=0.5`). The flags `>` and `<` name a side only, so the
   * number itself stays possible.
   */
  readonly bound: "exact" | "above" | "at-least" | "below" | "at-most";
}

const boundOf = (mark: string, flag: string): Measured["bound"] => {
  if (mark === ">") return "above";
  if (mark === "<") return "below";
  if (mark === ">=" || flag === ">") return "at-least";
  return mark === "<=" || flag === "<" ? "at-most" : "exact";
};

const measuredOf = ({ value, flags }: AssayResult): Measured | undefined => {
  const match = /^([<>]=?)?\s*([+-]?)(\d*)(\.\d*)?$/.exec(value.trim());
  if (match === null) return undefined;
  const [, mark = "", sign = "", whole = "", rest = ""] = match;
  const fraction = rest.slice(1);
  if (whole === "" && fraction === "") return undefined;
  const magnitude = `${whole.replace(/^0+(?=\d)/, "") || "0"}${fraction === "" ? "" : `.${fraction}`}`;
  const text = sign === "-" ? `-${magnitude}` : magnitude;
  const number = parseDecimal(text);
  return number === undefined ? undefined : { number, text, bound: boundOf(mark, flags.trim()) };
};

const words: readonly (readonly [Verdict, RegExp])[] = [
  ["invalid", /^(invalid|inv|error|err|na|n\/a|nan|no control( line)?|无效|失败|作废|重测|无质控线|无[cC]线)$/i],
  ["negative", /^(neg|negative|-|not detected|nd|阴性|阴|未检出|合格|pass)$/i],
  ["positive", /^(pos|positive|\++|detected|阳性|阳|检出|不合格|超标|fail)$/i],
  ["suspect", /^(suspect|suspected|equivocal|borderline|weak|\+-|\+\/-|±|可疑|弱阳性|疑似)$/i],
];

/** The verdict that a word of an instrument means, in Chinese or English; `none` for any other text. */
export const verdictOfWord = (text: string): Verdict => {
  // Component and padding marks around the word (`^NOT DETECTED`) carry no meaning of their own.
  const word = text.replace(/^[\s^]+|[\s^]+$/g, "");
  return words.find(([, pattern]) => pattern.test(word))?.[0] ?? "none";
};

const flagVerdict = (flags: string): Verdict => {
  const flag = flags.trim().toUpperCase();
  if (flag === "A" || flag === "AA") return "positive";
  return flag === "N" ? "negative" : verdictOfWord(flags);
};

/**
 * The instrument's own verdict: its words, and the abnormal flags A and N of LIS02-A2 section 9.8. Invalid wins over
 * everything; words and flags that contradict each other are no verdict.
 */
const instrumentVerdictOf = (result: AssayResult): Verdict => {
  if (result.status.trim().toUpperCase() === "X") return "invalid";
  const said = verdictOfWord(result.value);
  const flagged = flagVerdict(result.flags);
  if (said === "invalid" || flagged === "invalid" || result.instrumentVerdict === "invalid") return "invalid";
  if (result.instrumentVerdict !== undefined) return result.instrumentVerdict;
  if (said === "none" || said === flagged) return flagged;
  return flagged === "none" ? said : "none";
};

/** A limit, and on which side of it. `included`: exactly the limit counts. */
interface Limit {
  readonly at: Decimal;
  readonly upwards: boolean;
  readonly included: boolean;
}

/** True when the value is certainly on the positive side of the limit; undefined = cannot say. */
const reaches = ({ number, bound }: Measured, { at, upwards, included }: Limit): boolean | undefined => {
  const order = compareDecimal(number, at) * (upwards ? 1 : -1);
  if (bound === "exact") return included ? order >= 0 : order > 0;
  // `>60` lies beyond 60 by itself, `>=60` only where 60 counts.
  const beyond = bound === (upwards ? "above" : "below");
  if (beyond || bound === (upwards ? "at-least" : "at-most")) {
    return order > 0 || (order === 0 && (beyond || included)) ? true : undefined;
  }
  const before = bound === (upwards ? "below" : "above");
  return order < 0 || (order === 0 && (before || !included)) ? false : undefined;
};

const judgeNumber = (measured: Measured, rule: AssayRule): { readonly verdict: Verdict; readonly rule: string } => {
  const upwards = rule.direction === "above-is-positive";
  const side = upwards ? ">" : "<";
  let last = "";
  for (const [verdict, limitText, included] of [
    ["positive", rule.positiveFrom, rule.atLimit !== "negative"],
    ["suspect", rule.suspectFrom, true],
  ] as const) {
    const at = limitText === undefined ? undefined : parseDecimal(limitText);
    if (at === undefined) continue;
    const reached = reaches(measured, { at, upwards, included });
    last = `${side}${included ? "=" : ""} ${limitText ?? ""}`;
    const limitName = `${rule.method}: ${verdict} ${last}`;
    if (reached === undefined) return { verdict: "none", rule: `${limitName}, value only bounded` };
    if (reached) return { verdict, rule: limitName };
  }
  return { verdict: "negative", rule: `${rule.method}: not ${last}` };
};

/** The flag N passes only beside a value that is a number: nothing else shows that anything was measured. */
const qualitative = (result: AssayResult, instrumentVerdict: Verdict): Verdict =>
  instrumentVerdict === "negative" && verdictOfWord(result.value) !== "negative" && measuredOf(result) === undefined
    ? "none"
    : instrumentVerdict;

/**
 * Judges from the number by the assay's rule and keeps the instrument's own verdict beside it, because makers differ at
 * the limit (exactly 50 % passes in some software; the standard's >= 50 % is positive). Without a rule, a number, or
 * the right unit there is no verdict: never a pass.
 */
export const judgeAssay = (result: AssayResult, rule: AssayRule | undefined): Judgement => {
  const instrumentVerdict = instrumentVerdictOf(result);
  const measured = measuredOf(result);
  const number = measured?.bound === "exact" ? measured.text : null;
  const outcome = (verdict: Verdict, why: string): Judgement => ({
    verdict,
    rule: why.slice(0, 128),
    instrumentVerdict,
    number,
    retests: verdict === "positive" || verdict === "suspect" ? (rule?.retests ?? 0) : 0,
  });
  if (instrumentVerdict === "invalid") return outcome("invalid", "instrument: invalid");
  if (rule === undefined) return outcome("none", "no rule for this assay");
  if (rule.direction === "qualitative")
    return outcome(qualitative(result, instrumentVerdict), `${rule.method}: instrument's verdict`);
  if (measured === undefined) return outcome("none", `${rule.method}: no number`);
  if (rule.unit !== undefined && result.unit.trim() !== rule.unit) {
    return outcome("none", `${rule.method}: unit ${result.unit.trim() || "missing"}, expected ${rule.unit}`);
  }
  if (rule.positiveFrom === undefined) return outcome("none", `${rule.method}: no limit configured`);
  const { verdict, rule: why } = judgeNumber(measured, rule);
  return outcome(verdict, why);
};
