import { z } from "zod";
import { apiCountSchema, apiDeviceSchema, apiGatewaySchema, apiTimeSchema, bilingualSchema } from "./common.ts";

/** How urgent: `alarm` is rare; a rapid positive that waits for confirmation is `attention`. */
export const alertSeverities = ["notice", "attention", "alarm"] as const;

/** One alert. */
export const alertViewSchema = z.object({
  /** Opaque. */
  id: z.string().min(1).max(64),
  rule: z.string(),
  severity: z.enum(alertSeverities),
  state: z.enum(["firing", "resolved"]),
  gw: apiGatewaySchema.nullable(),
  site: z.string().nullable(),
  dev: apiDeviceSchema.nullable(),
  /** What happened, and what to do. */
  title: bilingualSchema,
  next: bilingualSchema,
  startedAt: apiTimeSchema,
  resolvedAt: apiTimeSchema.nullable(),
  /** The record that raised it, where there is one. */
  lsn: z.int().positive().nullable(),
  acknowledged: z.object({ by: z.string(), at: apiTimeSchema }).nullable(),
});

/** Query of `GET /api/v1/alerts`. */
export const alertQuerySchema = z.strictObject({
  state: z.enum(["firing", "all"]).default("all"),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});

/** `GET /api/v1/alerts`: firing ones first, then the latest resolved. */
export const alertListSchema = z.object({
  asOf: apiTimeSchema,
  firing: apiCountSchema,
  unacknowledged: apiCountSchema,
  alerts: z.array(alertViewSchema),
});

export type AlertSeverity = (typeof alertSeverities)[number];
export type AlertView = z.infer<typeof alertViewSchema>;
export type AlertList = z.infer<typeof alertListSchema>;
export type AlertQuery = z.output<typeof alertQuerySchema>;
