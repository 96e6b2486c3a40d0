import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { amountDifference } from "./amount.ts";
import { parseDecimal } from "./decimal.ts";
import { type MassUnit, massUnits, parseMassUnit, toGrams } from "./mass.ts";

const sold = (quantity: string, unit: string | null, price: number, priceUnit: string | null, amountFen: number) => ({
  quantity,
  unit,
  unitPriceFen: price,
  priceUnit,
  amountFen,
});

/** Exact fractions, worked out without the code under test: grams as numerator over 10^15. */
const gramsPer: Readonly<Partial<Record<MassUnit, bigint>>> = {
  kg: 1000n * 10n ** 15n,
  g: 10n ** 15n,
  jin: 500n * 10n ** 15n,
  liang: 50n * 10n ** 15n,
  t: 1_000_000n * 10n ** 15n,
  lb: 453_592_370_000_000_000n,
};
const units = Object.keys(gramsPer) as MassUnit[];

describe("the difference between an amount and quantity times price", () => {
  it.each([
    // 1.25 jin at 4.50 yuan a jin are 5.625 yuan: 562 and 563 are rounding.
    [sold("1.25", "jin", 450, "jin", 562), 1, "-0.5", false],
    [sold("1.25", "jin", 450, "jin", 563), 1, "0.5", false],
    [sold("1.25", "jin", 450, "jin", 564), 1, "1.5", true],
    [sold("1.25", "jin", 450, "jin", 600), 1, "37.5", true],
    // The same price a kilogram: half of it.
    [sold("1.25", "jin", 450, "kg", 281), 1, "-0.25", false],
    // The classic trick: weighed in jin, charged as kilograms.
    [sold("1.25", "jin", 450, "kg", 562), 1, "280.75", true],
    [sold("3", null, 150, null, 450), 1, "0", false],
    [sold("3", null, 150, null, 449), 1, "-1", true],
    // Rounded to jiao.
    [sold("0.333", "kg", 1000, "kg", 330), 10, "-3", false],
    [sold("0.333", "kg", 1000, "kg", 343), 10, "10", true],
    [sold("-1.25", "jin", 450, "jin", -562), 1, "0.5", false],
    [sold("0", "kg", 450, "kg", 0), 1, "0", false],
    [sold("1", "lb", 1000, "jin", 907), 1, "-0.18474", false],
  ])("%j in steps of %i is %s, mismatch %s", (given, step, fen, mismatch) => {
    expect(amountDifference(given, step)).toEqual({ fen, mismatch });
  });

  it.each([
    sold("1,25", "jin", 450, "jin", 562),
    sold("1.25", "斤", 450, "jin", 562),
    sold("1.25", "jin", 450, null, 562),
    sold("1", null, 450, "kg", 562),
  ])("is nothing for %j", (given) => {
    expect(amountDifference(given, 1)).toBeNull();
  });

  it("is flagged exactly from one step on, in any units", () => {
    const unit = fc.constantFrom(...units);
    fc.assert(
      fc.property(
        fc.record({ digits: fc.bigInt(0n, 10n ** 9n), scale: fc.nat(4) }),
        unit,
        unit,
        fc.nat(1_000_000),
        fc.integer({ min: -5000, max: 5000 }),
        fc.constantFrom(1, 10, 100),
        ({ digits, scale }, weighed, priced, price, off, step) => {
          const text = digits.toString().padStart(scale + 1, "0");
          const quantity = scale === 0 ? text : `${text.slice(0, -scale)}.${text.slice(-scale)}`;
          // amount - quantity × price, over gramsPer[priced] × 10^scale.
          const exact = digits * (gramsPer[weighed] ?? 0n) * BigInt(price);
          const denominator = (gramsPer[priced] ?? 1n) * 10n ** BigInt(scale);
          const amount = Number(exact / denominator) + off;
          const difference = BigInt(amount) * denominator - exact;
          const magnitude = difference < 0n ? -difference : difference;
          const found = amountDifference(sold(quantity, weighed, price, priced, amount), step);
          expect(found?.mismatch).toBe(magnitude >= BigInt(step) * denominator);
          const told = parseDecimal(found?.fen ?? "");
          expect(told).not.toBeUndefined();
          // Told to six places at least.
          const apart =
            (told?.digits ?? 0n) * denominator * 10n ** BigInt(6 - (told?.scale ?? 0)) - difference * 10n ** 6n;
          expect(apart < 0n ? -apart * 2n : apart * 2n).toBeLessThanOrEqual(denominator);
        },
      ),
    );
  });
});

describe("grams of what a scale says", () => {
  const written: readonly (readonly [string, MassUnit])[] = [
    ["斤", "jin"],
    ["市斤", "jin"],
    ["公斤", "kg"],
    ["千克", "kg"],
    ["KG", "kg"],
    ["两", "liang"],
    ["克", "g"],
    ["吨", "t"],
    ["lb", "lb"],
  ];

  it("are exact for any number in any unit, and the text stays as it was", () => {
    fc.assert(
      fc.property(
        fc.bigInt(-(10n ** 12n), 10n ** 12n),
        fc.nat(4),
        fc.constantFrom(...written),
        (digits, scale, [word, unit]) => {
          const magnitude = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, "0");
          const text = `${digits < 0n ? "-" : ""}${scale === 0 ? magnitude : `${magnitude.slice(0, -scale)}.${magnitude.slice(-scale)}`}`;
          expect(parseMassUnit(word)).toBe(unit);
          const grams = parseDecimal(toGrams(text, unit) ?? "");
          expect((grams?.digits ?? 1n) * 10n ** BigInt(15 + scale)).toBe(
            digits * (gramsPer[unit] ?? 0n) * 10n ** BigInt(grams?.scale ?? 0),
          );
        },
      ),
    );
  });

  it("are whole numbers for what shop scales show in 斤 and 公斤", () => {
    expect(
      ["1.250 kg", "1.25 jin", "0.5 liang"].map((text) => toGrams(...(text.split(" ") as [string, string]))),
    ).toEqual(["1250", "625", "25"]);
    expect(massUnits).toContain("jin");
  });
});
