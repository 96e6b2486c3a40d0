import {
  addDecimal,
  compareDecimal,
  type Decimal,
  formatDecimal,
  multiplyDecimal,
  parseDecimal,
  trimDecimal,
} from "./decimal.ts";
import { toGrams } from "./mass.ts";

/** A quantity and what it was sold for. Decimal text; units are those of `massUnits`, null for pieces. */
export interface PricedQuantity {
  readonly quantity: string;
  readonly unit: string | null;
  readonly unitPriceFen: number;
  /** The unit that the price is for; null for pieces. */
  readonly priceUnit: string | null;
  /** As the scale computed it. */
  readonly amountFen: number;
}

/** How far an amount is from quantity times price. */
export interface AmountDifference {
  /** Amount less quantity times price, fen, exact; above 0: more than the price says. */
  readonly fen: string;
  /** More than rounding explains. */
  readonly mismatch: boolean;
}

/** A difference that has no end in decimals (pounds at a price per jin) is told to so many places. */
const places = 6;

const whole = (value: number): Decimal => ({ digits: BigInt(value), scale: 0 });
const negate = ({ digits, scale }: Decimal): Decimal => ({ digits: -digits, scale });
const magnitude = ({ digits, scale }: Decimal): Decimal => ({ digits: digits < 0n ? -digits : digits, scale });

/** `a / b` in decimal text: exact where it ends within `places`, rounded to that many otherwise. `b` is above 0. */
const divided = (a: Decimal, b: Decimal): string => {
  const numerator = a.digits * 10n ** BigInt(b.scale + places);
  const denominator = b.digits * 10n ** BigInt(a.scale);
  const half = numerator < 0n ? -denominator / 2n : denominator / 2n;
  const text = formatDecimal(trimDecimal({ digits: (numerator + half) / denominator, scale: places }));
  return text === "-0" ? "0" : text;
};

/**
 * Compares an amount with quantity times price, exactly: 1.25 jin at 450 fen a jin are 562.5 fen, so 562 and 563 are
 * rounding, 600 is not. `stepFen`: the scale rounds or cuts amounts to multiples of this (1 fen, 10, 100), so that less
 * than one step is explained. Nothing is computed anew: the amount stays what the scale said. `null` when a number or a
 * unit is none.
 */
export const amountDifference = (sold: PricedQuantity, stepFen: number): AmountDifference | null => {
  const { quantity, unit, unitPriceFen, priceUnit, amountFen } = sold;
  if ((unit === null) !== (priceUnit === null)) return null;
  const said = parseDecimal(unit === null ? quantity : (toGrams(quantity, unit) ?? ""));
  const per = parseDecimal(priceUnit === null ? "1" : (toGrams("1", priceUnit) ?? ""));
  if (said === undefined || per === undefined) return null;
  // Both sides times the price's unit: a pound has no end in jin, but the comparison is exact.
  const difference = addDecimal(
    multiplyDecimal(whole(amountFen), per),
    negate(multiplyDecimal(said, whole(unitPriceFen))),
  );
  const mismatch = compareDecimal(magnitude(difference), multiplyDecimal(whole(stepFen), per)) >= 0;
  return { fen: divided(difference, per), mismatch };
};
