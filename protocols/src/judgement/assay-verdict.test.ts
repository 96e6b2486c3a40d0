import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Verdict } from "../devices/device-event.ts";
import { type AssayResult, type AssayRule, judgeAssay } from "./assay-verdict.ts";

/** GB/T 5009.199-2003: inhibition of 50 % and more is positive; 40 to 50 % is looked at again. */
const inhibition: AssayRule = {
  code: "OP-CARB",
  method: "GB/T 5009.199-2003",
  unit: "%",
  direction: "above-is-positive",
  positiveFrom: "50",
  suspectFrom: "40",
};
/** Competitive strip: the weaker the test line, the more residue. */
const strip: AssayRule = {
  code: "CHL",
  method: "KJ201905",
  direction: "below-is-positive",
  positiveFrom: "0.5",
  suspectFrom: "0.8",
};
const words: AssayRule = { code: "CLEN", method: "KJ201706", direction: "qualitative" };

const said = (value: string, more: Partial<AssayResult> = {}): AssayResult => ({
  value,
  unit: "%",
  flags: "",
  status: "F",
  ...more,
});
const verdictOf = (value: string, rule: AssayRule | undefined = inhibition, more: Partial<AssayResult> = {}): string =>
  judgeAssay(said(value, more), rule).verdict;

describe("judgement by the number", () => {
  it.each([
    ["49.99", "suspect"],
    ["50", "positive"],
    ["50.00", "positive"],
    ["50.01", "positive"],
    ["40", "suspect"],
    ["39.99", "negative"],
    ["-3.2", "negative"],
    ["0", "negative"],
    ["-0.0", "negative"],
    ["  62.3 ", "positive"],
    ["062.3", "positive"],
    [".5", "negative"],
    ["100", "positive"],
  ])("%s %% inhibition is %s", (value, verdict) => {
    expect(verdictOf(value)).toBe(verdict);
  });

  it.each([
    ["0.5", "positive"],
    ["0.50", "positive"],
    ["0.49", "positive"],
    ["0.51", "suspect"],
    ["0.8", "suspect"],
    ["0.81", "negative"],
  ])("a T/C of %s is %s", (value, verdict) => {
    expect(verdictOf(value, strip)).toBe(verdict);
  });

  it.each([
    ["1", "negative"],
    ["1.00", "negative"],
    ["0.99", "positive"],
    ["1.01", "negative"],
    ["<1", "positive"],
    ["<=1", "none"],
    [">=1", "negative"],
    [">1", "negative"],
    ["<1.2", "none"],
    ["", "none"],
  ])("a competitive strip whose lines stand %s to 1 is %s where the limit itself passes", (value, verdict) => {
    const competitive: AssayRule = { ...strip, positiveFrom: "1", suspectFrom: undefined, atLimit: "negative" };
    expect(verdictOf(value, competitive)).toBe(verdict);
  });

  it.each(["INVALID", "无效", "No control line", "无C线"])(
    "a strip that says %s is invalid, whatever its test line",
    (word) => {
      expect(verdictOf(word, strip)).toBe("invalid");
      expect(verdictOf("1.5", strip, { flags: word })).toBe("invalid");
    },
  );

  it("agrees with exact arithmetic at and around any limit, equal counting as positive", () => {
    fc.assert(
      fc.property(fc.nat({ max: 9999 }), fc.integer({ min: -3, max: 3 }), (limit, offset) => {
        const text = (thousandths: number): string =>
          `${thousandths < 0 ? "-" : ""}${Math.floor(Math.abs(thousandths) / 1000)}.${(Math.abs(thousandths) % 1000).toString().padStart(3, "0")}`;
        const at = { ...inhibition, positiveFrom: text(limit), suspectFrom: undefined };
        expect(verdictOf(text(limit + offset), at)).toBe(offset >= 0 ? "positive" : "negative");
        const below: AssayRule = { ...at, direction: "below-is-positive" };
        expect(verdictOf(text(limit + offset), below)).toBe(offset <= 0 ? "positive" : "negative");
      }),
    );
  });

  it.each([
    [">60", "positive"],
    [">=50", "positive"],
    ["> 50", "positive"],
    [">45", "none"],
    ["<40", "negative"],
    ["<=40", "none"],
    ["<=39", "negative"],
    ["<45", "none"],
    ["<60", "none"],
  ])("a bounded value %s is %s", (value, verdict) => {
    expect(verdictOf(value)).toBe(verdict);
    expect(judgeAssay(said(value), inhibition).number).toBeNull();
  });

  it("reads the flags < and > as a bound", () => {
    expect(verdictOf("60", inhibition, { flags: ">" })).toBe("positive");
    expect(verdictOf("45", inhibition, { flags: ">" })).toBe("none");
    expect(verdictOf("45", inhibition, { flags: "<" })).toBe("none");
    expect(verdictOf("40", inhibition, { flags: "<" })).toBe("none");
    expect(verdictOf("39", inhibition, { flags: "<" })).toBe("negative");
  });

  it("keeps the instrument's verdict beside its own, also where they differ", () => {
    expect(judgeAssay(said("50.00", { flags: "N" }), inhibition)).toMatchObject({
      verdict: "positive",
      instrumentVerdict: "negative",
      number: "50.00",
      rule: "GB/T 5009.199-2003: positive >= 50",
    });
  });
});

/** What must never count as passed, whatever else the instrument says. */
const unusable = [
  "",
  "   ",
  "NA",
  "N/A",
  "NaN",
  "nan",
  "INVALID",
  "^INVALID",
  "ERR",
  "无效",
  "---",
  "****",
  "12,5",
  "1e2",
  "+",
  ".",
  "0x1",
];

describe("what is no result", () => {
  it.each(unusable)("%j is never a pass", (value) => {
    for (const rule of [inhibition, strip, words, undefined]) {
      for (const flags of ["", "N", "A", "合格"]) {
        expect(judgeAssay(said(value, { flags }), rule).verdict).not.toBe("negative");
      }
    }
  });

  it("is never a pass without a rule, without its limit, or in another unit", () => {
    expect(judgeAssay(said("1.0"), undefined).verdict).toBe("none");
    expect(verdictOf("1.0", { ...inhibition, positiveFrom: undefined })).toBe("none");
    expect(verdictOf("1.0", inhibition, { unit: "mg/kg" })).toBe("none");
    expect(verdictOf("1.0", inhibition, { unit: "" })).toBe("none");
  });

  it("is invalid when the instrument says so anywhere", () => {
    expect(verdictOf("12.0", inhibition, { status: "X" })).toBe("invalid");
    expect(verdictOf("12.0", inhibition, { flags: "INVALID" })).toBe("invalid");
    expect(verdictOf("阴性", words, { flags: "无效" })).toBe("invalid");
  });

  it("is no pass when words and flags contradict each other", () => {
    expect(verdictOf("阴性", words, { flags: "A" })).toBe("none");
    expect(verdictOf("阳性", words, { flags: "N" })).toBe("none");
  });

  it("passes only what is below every limit, for any input at all", () => {
    const anything = fc.record({
      value: fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom(...unusable), fc.float().map(String)),
      unit: fc.constantFrom("%", "", "mg/kg"),
      flags: fc.constantFrom("", "N", "A", "<", ">", "INVALID", "L", "H"),
      status: fc.constantFrom("F", "X", "", "P"),
    });
    fc.assert(
      fc.property(anything, (result) => {
        if (judgeAssay(result, inhibition).verdict !== "negative") return;
        const number = /^\s*(<=?)?\s*([+-]?\d*\.?\d*)\s*$/.exec(result.value)?.[2] ?? "";
        expect(number).toMatch(/\d/);
        expect(Number(number)).toBeLessThanOrEqual(40);
        expect([result.unit, result.status === "X", result.flags === "INVALID", result.flags === ">"]).toEqual([
          "%",
          false,
          false,
          false,
        ]);
      }),
      { numRuns: 3000 },
    );
  });
});

describe("the instrument's verdict as a code of its protocol", () => {
  const coded = (value: string, instrumentVerdict: Verdict, rule: AssayRule | undefined = inhibition) =>
    judgeAssay(said(value, { instrumentVerdict }), rule);

  it("stands beside the verdict from the number, also where they differ", () => {
    expect(coded("50.0", "negative")).toMatchObject({ verdict: "positive", instrumentVerdict: "negative" });
    expect(coded("12.0", "positive")).toMatchObject({ verdict: "negative", instrumentVerdict: "positive" });
  });

  it("is invalid when the code or the value says so", () => {
    expect(coded("12.0", "invalid").verdict).toBe("invalid");
    expect(coded("NaN", "negative")).toMatchObject({ verdict: "invalid", instrumentVerdict: "invalid" });
  });

  it("decides where the rule leaves it to the instrument", () => {
    expect(coded("3.12", "positive", words).verdict).toBe("positive");
    expect(coded("negative", "negative", words).verdict).toBe("negative");
    expect(coded("", "negative", words).verdict).toBe("none");
  });

  it("asks for repeats only after positive and suspect results", () => {
    const rule = { ...inhibition, retests: 2 };
    expect(["62", "45", "12", "NA"].map((value) => coded(value, "none", rule).retests)).toEqual([2, 2, 0, 0]);
  });
});

describe("the instrument's words", () => {
  it.each([
    ["POS", "positive"],
    ["+", "positive"],
    ["++", "positive"],
    ["阳性", "positive"],
    ["不合格", "positive"],
    ["neg", "negative"],
    ["^NOT DETECTED", "negative"],
    ["NOT DETECTED^", "negative"],
    ["未检出", "negative"],
    ["±", "suspect"],
    ["可疑", "suspect"],
    ["Invalid", "invalid"],
    ["什么", "none"],
    ["not positive", "none"],
    ["negative?", "none"],
  ])("%s means %s", (value, verdict) => {
    expect(judgeAssay(said(value), words).verdict).toBe(verdict);
  });

  it("are not counted where a number is asked for", () => {
    expect(verdictOf("阴性")).toBe("none");
    expect(verdictOf("NEG", inhibition, { flags: "N" })).toBe("none");
  });

  it("include the abnormal flags", () => {
    const flagged = ["A", "AA", "N", "H", ""].map(
      (flags) => judgeAssay(said("1", { flags }), undefined).instrumentVerdict,
    );
    expect(flagged).toEqual(["positive", "positive", "negative", "none", "none"]);
  });
});
