import { z } from "zod";
import { apiCountSchema, apiGatewaySchema, apiTimeSchema } from "./common.ts";

/**
 * What could not be believed or read, with its bytes. `batch`: contradicts what is committed, or its seal is bad;
 * `damaged`: a payload that could not be read at all; `record`: committed, but a projection could not use it.
 */
export const quarantineItemSchema = z.object({
  source: z.enum(["batch", "damaged", "record"]),
  /** Within its source. */
  id: z.string(),
  gw: apiGatewaySchema,
  ep: z.int().positive().nullable(),
  eid: z.string().nullable(),
  seq: z.int().positive().nullable(),
  /** Records in it; null when that cannot be said. */
  count: apiCountSchema.nullable(),
  kind: z.string().nullable(),
  reason: z.string(),
  receivedAt: apiTimeSchema,
  /** Size of the whole, and its first 64 KiB as base64; null when only the hash was kept. */
  size: apiCountSchema,
  bytes: z.string().nullable(),
});

/** Query of `GET /api/v1/quarantine`. */
export const quarantineQuerySchema = z.strictObject({
  gateway: apiGatewaySchema.optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

/** `GET /api/v1/quarantine`: the newest first. The totals are exact. */
export const quarantineListSchema = z.object({
  asOf: apiTimeSchema,
  totals: z.object({ batch: apiCountSchema, damaged: apiCountSchema, record: apiCountSchema }),
  items: z.array(quarantineItemSchema),
});

export type QuarantineItem = z.infer<typeof quarantineItemSchema>;
export type QuarantineList = z.infer<typeof quarantineListSchema>;
export type QuarantineQuery = z.output<typeof quarantineQuerySchema>;
