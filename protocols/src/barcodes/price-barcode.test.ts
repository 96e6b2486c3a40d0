import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { commonPriceBarcodeRules, gs1CheckDigit, readPriceBarcode } from "./price-barcode.ts";

const digits = (length: number): fc.Arbitrary<string> =>
  fc.array(fc.nat({ max: 9 }), { minLength: length, maxLength: length }).map((all) => all.join(""));

const checked = (code: string): string => `${code}${gs1CheckDigit(code) ?? ""}`;

describe("price barcodes", () => {
  it("have the check digit of GS1", () => {
    // 211000100500: 0*3+0+5*3+0+0*3+1+0*3+0+0*3+1+1*3+2 = 22 from the right, so 8; 4006381333931 is GS1's own example.
    expect([gs1CheckDigit("211000100500"), gs1CheckDigit("400638133393"), gs1CheckDigit("12a")]).toEqual([8, 1, null]);
  });

  it("hold the amount of a weighed article", () => {
    expect(readPriceBarcode("2110001005008", commonPriceBarcodeRules)).toEqual({
      prefix: "21",
      item: "10001",
      soldBy: "weight",
      amountFen: 500,
      weight: null,
      unit: null,
      count: null,
    });
  });

  it("hold grams or pieces where the shop says so", () => {
    const rules = { "22": { soldBy: "weight", value: "grams" }, "23": { soldBy: "count", value: "pieces" } } as const;
    expect(readPriceBarcode(checked("221000100780"), rules)).toMatchObject({
      weight: "0.780",
      unit: "kg",
      amountFen: null,
    });
    expect(readPriceBarcode(checked("231000100012"), rules)).toMatchObject({ count: "12", weight: null });
  });

  it("hold amount and weight in 18 digits", () => {
    expect(readPriceBarcode(checked("26000170156000780"), commonPriceBarcodeRules)).toEqual({
      prefix: "26",
      item: "00017",
      soldBy: "weight",
      amountFen: 1560,
      weight: "0.780",
      unit: "kg",
      count: null,
    });
  });

  it("mean nothing when the prefix is not the shop's, the length is another or a digit is wrong", () => {
    expect(readPriceBarcode(checked("291000100500"), commonPriceBarcodeRules)).toBe("unknown-prefix");
    expect(readPriceBarcode(checked("27000170156000780"), commonPriceBarcodeRules)).toBe("unknown-prefix");
    expect(readPriceBarcode("211000100500", commonPriceBarcodeRules)).toBe("bad-length");
    expect(readPriceBarcode("21100010050O8", commonPriceBarcodeRules)).toBe("bad-digit");
  });

  it("give nothing when any one digit is misread", () => {
    fc.assert(
      fc.property(digits(10), fc.nat({ max: 12 }), fc.integer({ min: 1, max: 9 }), (rest, at, shift) => {
        const code = checked(`21${rest}`);
        const wrong = `${code.slice(0, at)}${(Number(code.charAt(at)) + shift) % 10}${code.slice(at + 1)}`;
        expect(readPriceBarcode(wrong, commonPriceBarcodeRules)).toBe("bad-checksum");
      }),
    );
  });
});
