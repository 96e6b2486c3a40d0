import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addDecimal, compareDecimal, formatDecimal, multiplyDecimal, parseDecimal, trimDecimal } from "./decimal.ts";

const decimal = fc
  .record({ digits: fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }), scale: fc.nat({ max: 9 }) })
  .map(({ digits, scale }) => ({ digits, scale }));

/** The same number as a fraction over 10^30, worked out without the code under test. */
const scaled = ({ digits, scale }: { digits: bigint; scale: number }): bigint => digits * 10n ** BigInt(30 - scale);

describe("decimal", () => {
  it("keeps every number exactly as it was written", () => {
    fc.assert(
      fc.property(decimal, (number) => {
        expect(parseDecimal(formatDecimal(number))).toEqual(number);
      }),
    );
  });

  it.each(["0.120", "12", "0", "0.000", "123456789012345678.901234567"])("reads and writes %s unchanged", (text) => {
    const number = parseDecimal(text);
    expect(number === undefined ? undefined : formatDecimal(number)).toBe(text);
  });

  it.each(["", " 1", "1 ", "1e3", ".5", "5.", "--1", "1,5", "NaN", "Infinity", "0x10", "１", "1".repeat(65)])(
    "takes %j for no number",
    (text) => {
      expect(parseDecimal(text)).toBeUndefined();
    },
  );

  it("adds, multiplies, compares and trims exactly", () => {
    fc.assert(
      fc.property(decimal, decimal, (a, b) => {
        expect(scaled(addDecimal(a, b))).toBe(scaled(a) + scaled(b));
        expect(scaled(multiplyDecimal(a, b)) * 10n ** 30n).toBe(scaled(a) * scaled(b));
        expect(Math.sign(compareDecimal(a, b))).toBe(scaled(a) < scaled(b) ? -1 : scaled(a) > scaled(b) ? 1 : 0);
        expect(scaled(trimDecimal(a))).toBe(scaled(a));
      }),
    );
  });

  it("holds minus zero equal to zero, and loses no place of it", () => {
    const minus = parseDecimal("-0.00");
    expect(minus === undefined ? undefined : compareDecimal(minus, { digits: 0n, scale: 0 })).toBe(0);
    expect(minus?.scale).toBe(2);
  });
});
