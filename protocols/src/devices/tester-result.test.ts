import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bodyFault } from "../records/bodies.ts";
import type { ResultEvent } from "./device-event.ts";
import { float32Text, isMoment, momentText, paddedText, scaledText, testBodyOfResult } from "./tester-result.ts";

describe("texts and numbers of testers", () => {
  it.each([
    [52.3, "52.3"],
    [-3.2, "-3.2"],
    [0, "0"],
    [50, "50"],
    [1e-7, "0.0000001"],
    [1.5e-10, "0.00000000015"],
    [123_456_789, "123456790"],
    [Number.NaN, "NaN"],
    [Number.POSITIVE_INFINITY, "NaN"],
  ])("%f as a 32-bit float is %s", (value, text) => {
    expect(float32Text(Math.fround(value))).toBe(text);
  });

  it("means the same float, without exponent", () => {
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const text = float32Text(value);
        expect(text).toMatch(/^-?\d+(\.\d+)?$/);
        expect(Math.fround(Number(text))).toBe(value === 0 ? 0 : value);
      }),
    );
  });

  it("ends a padded text at NUL or blanks, and has none in an empty field", () => {
    expect(paddedText(Uint8Array.of(0xb0, 0xd7, 0xb2, 0xcb, 0x20, 0, 0x41))).toBe("白菜");
    expect(paddedText(Uint8Array.of(0x20, 0x20))).toBeNull();
  });

  it("scales exactly", () => {
    expect([scaledText(6234, 2), scaledText(7, 2), scaledText(-523, 3)]).toEqual(["62.34", "0.07", "-0.523"]);
  });

  it("knows what can be a time", () => {
    expect([
      isMoment([24, 5, 17, 9, 30, 15]),
      isMoment([24, 13, 1, 0, 0, 0]),
      isMoment([24, 5, 17, 24, 0, 0]),
      isMoment([]),
    ]).toEqual([true, false, false, false]);
    expect(momentText([4, 1, 2, 3, 4, 5])).toBe("2004-01-02T03:04:05");
  });
});

describe("the body of a record", () => {
  const event: ResultEvent = {
    event: "result",
    raw: new Uint8Array(1),
    sample: "白菜",
    number: "7",
    channel: "3",
    assay: "inhibition",
    value: "62.34",
    unit: "%",
    instrumentVerdict: "none",
    at: "2024-05-17T09:30:15",
  };
  const facts = { protocol: "lz-4000t", instrument: "LZ-4000T", assays: [] };

  it("has the number as specimen and the name as item where there are both", () => {
    expect(testBodyOfResult(event, facts)).toMatchObject({ specimenId: "7", item: "白菜", channel: "3" });
    const { number: _, channel: __, ...named } = event;
    expect(testBodyOfResult(named, facts)).toMatchObject({ specimenId: "白菜", item: null });
    expect(testBodyOfResult(named, facts)).not.toHaveProperty("channel");
  });

  it("fits its kind, however long the texts", () => {
    const long = "长".repeat(500);
    const body = testBodyOfResult(
      { ...event, sample: long, number: long, assay: long, value: long, unit: long },
      facts,
    );
    expect(bodyFault("test", body)).toBeUndefined();
  });

  it("has no verdict without a rule", () => {
    expect(testBodyOfResult(event, facts)).toMatchObject({ verdict: "none", number: "62.34" });
  });
});
