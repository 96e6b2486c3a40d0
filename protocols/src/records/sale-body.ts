import { z } from "zod";
import { messageRefSchema } from "./message-ref.ts";

const decimal = z.string().regex(/^-?\d+(\.\d+)?$/);
const text = (max: number) => z.string().max(max);
/** Money in fen, refunds negative. */
const fen = z.int().min(-1e12).max(1e12);

/** How an item of a sale was chosen: typed in, a key, a scanned code, or seen by the scale's camera. */
export const itemChoices = ["keyed", "plu-key", "barcode", "vision", "unknown"] as const;

/** One position of a sale. Amounts are what the scale computed, never computed again. */
const saleLine = z.strictObject({
  item: text(64).nullable(),
  /** The item's name as the scale shows it. */
  name: text(128).optional(),
  chosenBy: z.enum(itemChoices).optional(),
  /** How sure the scale was, 0 to 1, where it guessed. */
  confidence: z.number().min(0).max(1).optional(),
  /** The scanned code, as read. */
  barcode: text(64).optional(),
  batch: text(64).optional(),
  soldBy: z.enum(["weight", "count", "unknown"]),
  /** Decimal text in `unit`; `grams` the same exactly. */
  weight: decimal.nullable(),
  unit: text(16).nullable(),
  /** The unit as written by the scale (斤), where that is not `unit` itself. */
  unitSaid: text(16).optional(),
  grams: decimal.nullable(),
  count: decimal.nullable(),
  tare: decimal.nullable(),
  unitPriceFen: fen.nullable(),
  /** The unit that the price is for, where the scale says it; `priceUnitSaid` as written. */
  priceUnit: text(16).optional(),
  priceUnitSaid: text(16).optional(),
  /** Before a discount. */
  grossAmountFen: fen.nullable(),
  amountFen: fen.nullable(),
  /** Quantity times price is further from the amount than rounding explains: kept, flagged, never mended. */
  mismatch: z.boolean(),
  /** Amount less quantity times price, in fen: exact decimal text. Above 0: more than the price says. */
  differenceFen: decimal.nullable().optional(),
});

/** One sale as a price-computing scale reported it. */
export const saleBody = z.strictObject({
  protocol: text(64),
  /** Left out: `sale`. A refund's amounts are negative; a void takes a whole sale back. */
  type: z.enum(["sale", "refund", "void"]).optional(),
  /** What a refund or void takes back: the original's receipt code, or its message id, or both. */
  refersTo: z.strictObject({ receipt: text(128).nullable(), message: text(64).nullable() }).optional(),
  /** The scale's own number; scales repeat numbers. */
  number: text(64).nullable(),
  /** Code of the printed receipt. */
  receipt: text(128).optional(),
  /** The scale's own clock, local time. */
  at: text(32).nullable(),
  department: text(64).nullable(),
  store: text(64).nullable(),
  scale: text(64).nullable(),
  /** Stall and vendor as the scale says: the register decides to whom a record belongs. */
  stall: text(64).optional(),
  vendor: text(64).optional(),
  /** None only in a void that does not repeat its lines. */
  lines: z.array(saleLine).max(200),
  /** Taken off the whole sale. */
  discountFen: fen.optional(),
  amountFen: fen.nullable(),
  /** Amount less the lines' amounts and the discount, where that is more than rounding explains. */
  differenceFen: fen.optional(),
  message: messageRefSchema.optional(),
});

/** Body of a `sale` record. */
export type SaleBody = z.infer<typeof saleBody>;
