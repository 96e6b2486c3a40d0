import { z } from "zod";

const decimal = z.string().regex(/^-?\d+(\.\d+)?$/);
const text = (max: number) => z.string().max(max);
/** Money in fen, refunds negative. */
const fen = z.int().min(-1e12).max(1e12);

/** One position of a sale. Amounts are what the scale computed, never computed again. */
const saleLine = z.strictObject({
  item: text(64).nullable(),
  soldBy: z.enum(["weight", "count", "unknown"]),
  /** Decimal text in `unit`; `grams` the same exactly. */
  weight: decimal.nullable(),
  unit: text(16).nullable(),
  grams: decimal.nullable(),
  count: decimal.nullable(),
  tare: decimal.nullable(),
  unitPriceFen: fen.nullable(),
  /** Before a discount. */
  grossAmountFen: fen.nullable(),
  amountFen: fen.nullable(),
  /** Quantity times price is further from the amount than rounding explains: kept, flagged, never mended. */
  mismatch: z.boolean(),
});

/** One sale as a price-computing scale reported it. */
export const saleBody = z.strictObject({
  protocol: text(64),
  /** The scale's own number; scales repeat numbers. */
  number: text(64).nullable(),
  /** The scale's own clock, local time. */
  at: text(32).nullable(),
  department: text(64).nullable(),
  store: text(64).nullable(),
  scale: text(64).nullable(),
  lines: z.array(saleLine).min(1).max(200),
  amountFen: fen.nullable(),
});

/** Body of a `sale` record. */
export type SaleBody = z.infer<typeof saleBody>;
