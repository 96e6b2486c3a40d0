import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isMassUnit, massUnits, parseMassUnit, toGrams } from "./mass.ts";

describe("mass", () => {
  it.each([
    ["38.62", "kg", "38620"],
    ["1.234", "kg", "1234"],
    ["0.0005", "kg", "0.5"],
    ["3.5", "jin", "1750"],
    ["2", "liang", "100"],
    ["1", "qian", "5"],
    ["1", "lb", "453.59237"],
    ["1", "oz", "28.349523125"],
    ["16", "oz", "453.59237"],
    ["1", "short-ton", "907184.74"],
    ["1", "ozt", "31.1034768"],
    ["20", "dwt", "31.1034768"],
    ["7000", "gr", "453.59237"],
    ["5", "ct", "1"],
    ["2.5", "t", "2500000"],
    ["1", "tj-tw", "600"],
    ["16", "tl-tw", "600"],
    ["-0.120", "kg", "-120"],
    ["-0.00", "kg", "0"],
    ["250", "mg", "0.25"],
  ])("%s %s is %s g", (value, unit, grams) => {
    expect(toGrams(value, unit)).toBe(grams);
  });

  it("is exact where binary numbers are not", () => {
    fc.assert(
      fc.property(fc.nat({ max: 999_999 }), (hundredths) => {
        const value = `${Math.floor(hundredths / 100)}.${(hundredths % 100).toString().padStart(2, "0")}`;
        expect(toGrams(value, "kg")).toBe((hundredths * 10).toString());
        expect(toGrams(value, "jin")).toBe((hundredths * 5).toString());
      }),
    );
  });

  it("guesses no mass for an unknown unit or for no number", () => {
    expect([toGrams("1", "custom"), toGrams("1", ""), toGrams("x", "kg"), toGrams("1", "toString")]).toEqual([
      null,
      null,
      null,
      null,
    ]);
  });

  it("knows units as people and devices write them, and a tael without a country is none", () => {
    const said = ["KG", "公斤", "斤", "市斤", "两", " g ", "克", "吨", "LBS", "tl.T", "TJ"].map(parseMassUnit);
    expect(said).toEqual(["kg", "kg", "jin", "jin", "liang", "g", "g", "t", "lb", "tl-tw", "tj-tw"]);
    expect(["tl", "stone", "pc", "constructor", ""].map(parseMassUnit)).toEqual(Array(5).fill(undefined));
    expect(massUnits.every(isMassUnit)).toBe(true);
  });
});
