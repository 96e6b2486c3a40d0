import { z } from "zod";
import { gatewayHealthSchema } from "../messages/link-messages.ts";
import { apiCountSchema, apiEpochIdSchema, apiGatewaySchema, apiTimeSchema } from "./common.ts";
import { placeSchema } from "./places.ts";

/** A gateway in few words. */
export const gatewaySummarySchema = z.object({
  gw: apiGatewaySchema,
  site: z.string(),
  /** Where the gateway itself stands now, when the register places it (as device with the id of the gateway). */
  place: placeSchema,
  enrolledAt: apiTimeSchema.nullable(),
  disabledAt: apiTimeSchema.nullable(),
  /** What its connection says, a hint; null when it was never heard of. */
  online: z.boolean().nullable(),
  /** Since when it is so. */
  since: apiTimeSchema.nullable(),
  /** When anything was last heard of it: a connection, a state, a record. */
  lastHeardAt: apiTimeSchema.nullable(),
  /** Records that it has told of and that are not here yet, given-up ones left out. */
  pending: apiCountSchema,
  /** Named holes that are still open. */
  gaps: apiCountSchema,
  disputedLines: apiCountSchema,
  alarms: z.array(z.object({ code: z.string(), since: z.string(), detail: z.string() })),
});

/** A line: the records of one run of the gateway's process. */
export const lineViewSchema = z.object({
  ep: z.int().positive(),
  eid: apiEpochIdSchema,
  status: z.enum(["ok", "disputed"]),
  heardHead: apiCountSchema,
  contiguousHead: apiCountSchema,
  stored: apiCountSchema,
  firstSeenAt: apiTimeSchema,
});

/** A named hole. `to` null: nobody knows how far. */
export const gapViewSchema = z.object({
  ep: z.int().positive(),
  eid: apiEpochIdSchema,
  from: z.int().positive(),
  to: z.int().positive().nullable(),
  /** `missing`, `freed`, `lost`, `digest-only`, `rollback`, `restore`. */
  reason: z.string(),
  at: apiTimeSchema,
});

/** A gateway with its newest lines and gaps (at most 100 each; the totals are exact). */
export const gatewayViewSchema = z.object({
  ...gatewaySummarySchema.shape,
  /** What runs there, as the newest line says; null when nothing was heard yet. */
  software: z.object({ name: z.string(), version: z.string() }).nullable(),
  /** How it is by its own word, when it spoke last; null when it does not say. */
  health: gatewayHealthSchema.nullable(),
  lines: z.object({ total: apiCountSchema, newest: z.array(lineViewSchema) }),
  openGaps: z.object({ total: apiCountSchema, newest: z.array(gapViewSchema) }),
});

/** A time in which the centre lost its memory: the ledger is a copy from `from`, in place since `to`. */
export const restoreViewSchema = z.object({ from: apiTimeSchema, to: apiTimeSchema });

/** `GET /api/v1/gateways`. `restores`: of what was received in these times only what gateways still had is here. */
export const gatewayListSchema = z.object({
  asOf: apiTimeSchema,
  restores: z.array(restoreViewSchema),
  gateways: z.array(gatewayViewSchema),
});

export type GatewaySummary = z.infer<typeof gatewaySummarySchema>;
export type GatewayView = z.infer<typeof gatewayViewSchema>;
export type GatewayList = z.infer<typeof gatewayListSchema>;
export type RestoreView = z.infer<typeof restoreViewSchema>;
export type LineView = z.infer<typeof lineViewSchema>;
export type GapView = z.infer<typeof gapViewSchema>;
