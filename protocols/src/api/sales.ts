import { z } from "zod";
import { apiCountSchema, apiDecimalSchema, apiDeviceSchema, apiGatewaySchema, apiTimeSchema } from "./common.ts";
import { placeSchema } from "./places.ts";

const fen = z.int();

/** One sale, refund or void, as its scale reported it. */
export const saleViewSchema = z.object({
  /** Ledger sequence number. */
  lsn: z.int().positive(),
  gw: apiGatewaySchema,
  dev: apiDeviceSchema,
  at: apiTimeSchema,
  place: placeSchema,
  type: z.enum(["sale", "refund", "void"]),
  receipt: z.string().nullable(),
  /** As the scale says; the register's view is `place`. */
  stall: z.string().nullable(),
  vendor: z.string().nullable(),
  /** As the scale computed it; refunds and voids 0 or below. */
  amountFen: fen.nullable(),
  /** Lines whose amount does not fit quantity times price. */
  mismatches: apiCountSchema,
  lines: z.array(
    z.object({
      item: z.string().nullable(),
      name: z.string().nullable(),
      chosenBy: z.string().nullable(),
      batch: z.string().nullable(),
      /** Weight and unit as the scale said them, or pieces. */
      quantity: z.string().nullable(),
      grams: apiDecimalSchema.nullable(),
      unitPriceFen: fen.nullable(),
      amountFen: fen.nullable(),
      mismatch: z.boolean(),
      differenceFen: apiDecimalSchema.nullable(),
    }),
  ),
});

const sumSchema = z.object({
  /** Lines of sales; what came back is in `grams` and `amountFen` with its sign. */
  lines: apiCountSchema,
  grams: apiDecimalSchema,
  amountFen: fen,
});

/** A day's sales: exact totals, bounded lists. */
export const salesOfDaySchema = z.object({
  sales: apiCountSchema,
  refunds: apiCountSchema,
  voids: apiCountSchema,
  /** Of everything, what came back taken off. */
  amountFen: fen,
  /** Sales with an amount that does not fit. */
  mismatches: apiCountSchema,
  /** The largest first. `stall` as the scales say; null where they do not. */
  stalls: z.array(sumSchema.extend({ gw: apiGatewaySchema, stall: z.string().nullable(), sales: apiCountSchema })),
  items: z.array(sumSchema.extend({ item: z.string().nullable(), name: z.string().nullable() })),
  /** The newest first. */
  newest: z.array(saleViewSchema),
});

export type SaleView = z.infer<typeof saleViewSchema>;
export type SalesOfDay = z.infer<typeof salesOfDaySchema>;
