import { compareDecimal, multiplyDecimal, parseDecimal } from "../units/decimal.ts";
import { toGrams } from "../units/mass.ts";
import type { SaleEvent } from "./line-event.ts";

type Said = Partial<Omit<SaleEvent, "event" | "raw" | "mismatch">>;

/**
 * True when `quantity` (kilograms or pieces, decimal text) times the unit price lies further from the amount than
 * `toleranceFen`. Exact; nothing is computed anew, the amount stays what the scale said.
 */
export const amountMismatch = (
  quantity: string,
  unitPriceFen: number,
  amountFen: number,
  toleranceFen: number,
): boolean => {
  const number = parseDecimal(quantity);
  if (number === undefined) return true;
  const exact = multiplyDecimal(number, { digits: BigInt(unitPriceFen), scale: 0 });
  const beyond = (amount: number) => compareDecimal(exact, { digits: BigInt(amount), scale: 0 });
  return beyond(amountFen - toleranceFen) < 0 || beyond(amountFen + toleranceFen) > 0;
};

const quantityOf = (said: Said): string | null => {
  if (said.soldBy === "count") return said.count ?? null;
  const grams = said.weight == null || said.unit == null ? null : toGrams(said.weight, said.unit);
  const number = grams === null ? undefined : parseDecimal(grams);
  if (number === undefined || number.digits < 0n) return null;
  const digits = number.digits.toString().padStart(number.scale + 4, "0");
  const point = digits.length - number.scale - 3;
  return `${digits.slice(0, point)}.${digits.slice(point)}`;
};

/** A sale of which only what the record says has to be given. `toleranceFen`: what rounding by the scale explains. */
export const saleWith = (raw: Uint8Array, said: Said, toleranceFen: number): SaleEvent => {
  const amount = said.grossAmountFen ?? said.amountFen ?? null;
  const price = said.unitPriceFen ?? null;
  const quantity = quantityOf(said);
  const known = quantity !== null && price !== null && amount !== null;
  return {
    event: "sale",
    raw,
    number: null,
    at: null,
    item: null,
    soldBy: "unknown",
    weight: null,
    unit: null,
    count: null,
    tare: null,
    unitPriceFen: null,
    grossAmountFen: null,
    amountFen: null,
    department: null,
    store: null,
    scale: null,
    unexplained: null,
    ...said,
    mismatch: known && amountMismatch(quantity, price, amount, toleranceFen),
  };
};
