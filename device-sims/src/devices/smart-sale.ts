import { MingchengError, parseDecimal } from "@mingcheng/protocols";

/** A sale as a script tells it. Weights are decimal text, money is fen. */
export interface SaleSpec {
  readonly item: string;
  readonly name?: string | undefined;
  readonly weight?: string | undefined;
  readonly unit: string;
  readonly count?: number | undefined;
  readonly unitPriceFen: number;
  /** Left out: as an honest scale computes it. */
  readonly amountFen?: number | undefined;
  readonly chosenBy: string;
  readonly stall?: string | undefined;
  readonly vendor?: string | undefined;
  readonly batch?: string | undefined;
}

/**
 * What an honest scale asks for: quantity times price, rounded half up to fen. Worked out here, not by what checks it.
 * @throws {MingchengError} SIM_VALUE_INVALID
 */
export const honestAmountFen = ({ weight, count, unitPriceFen }: SaleSpec): number => {
  const quantity = parseDecimal(weight ?? String(count ?? ""));
  if (quantity === undefined)
    throw new MingchengError("SIM_VALUE_INVALID", "no weight and no count", { field: "weight" });
  const scale = 10n ** BigInt(quantity.scale);
  return Number((quantity.digits * BigInt(unitPriceFen) * 2n + scale) / (scale * 2n));
};

/** The message of a sale with one line. */
export const saleMessage = (spec: SaleSpec, receipt: string): Readonly<Record<string, unknown>> => {
  const { item, name, weight, unit, count, unitPriceFen, chosenBy, stall, vendor, batch } = spec;
  const amountFen = spec.amountFen ?? honestAmountFen(spec);
  const quantity = weight === undefined ? { count } : { weight, unit };
  const line = { item, name, chosenBy, batch, ...quantity, unitPriceFen, amountFen };
  return { receipt, stall, vendor, lines: [line], amountFen };
};

/** What takes a sale back: goods that come back (`refund`) or the whole sale (`void`). */
export const takenBack = (
  type: "refund" | "void",
  original: { readonly message: string; readonly spec: SaleSpec; readonly receipt: string },
): Readonly<Record<string, unknown>> => {
  const { spec, receipt, message } = original;
  const amountFen = -(spec.amountFen ?? honestAmountFen(spec));
  const refersTo = { receipt, message };
  if (type === "void") return { type, refersTo, amountFen };
  const { item, weight, unit, count, unitPriceFen } = spec;
  const quantity = weight === undefined ? { count: -(count ?? 0) } : { weight: `-${weight}`, unit };
  return { type, refersTo, lines: [{ item, ...quantity, unitPriceFen, amountFen }], amountFen };
};
