import { z } from "zod";
import { commandTtlMs } from "../commands/command.ts";
import { orderStates } from "../commands/command-orders.ts";
import { apiCountSchema, apiEpochIdSchema, apiGatewaySchema, apiTimeSchema } from "./common.ts";

const ordering = {
  /** Good for so long. */
  ttlMs: z.int().min(commandTtlMs.least).max(commandTtlMs.most).default(3_600_000),
  /** Why; kept with the order. */
  note: z.string().max(512).default(""),
};

/** `POST /api/v1/gateways/:gw/commands`. What `body` holds depends on `kind`. */
export const commandRequestSchema = z.strictObject({
  kind: z.string().max(64),
  body: z.record(z.string(), z.unknown()).default({}),
  ...ordering,
});

/** `POST /api/v1/gateways/:gw/configuration`: `devices` and `log`, as in the gateway's own file. */
export const configurationRequestSchema = z.strictObject({
  settings: z.record(z.string(), z.unknown()),
  ...ordering,
});

/** An order to a gateway and what became of it. */
export const commandViewSchema = z.object({
  id: z.string(),
  gw: apiGatewaySchema,
  kind: z.string(),
  body: z.record(z.string(), z.unknown()),
  /** A user's name, or who was at the terminal. */
  by: z.string(),
  note: z.string(),
  state: z.enum(orderStates),
  /** Place in the gateway's sequence; null until it is sent. */
  cseq: z.int().positive().nullable(),
  /** Version of the configuration that it carries. */
  version: z.int().positive().nullable(),
  deliveries: apiCountSchema,
  reason: z.string().nullable(),
  /** In the gateway's words, or JSON by kind. */
  result: z.string(),
  /** Where the gateway's own record of it stands. */
  record: z.object({ ep: z.int().positive(), eid: apiEpochIdSchema, seq: z.int().positive() }).nullable(),
  orderedAt: apiTimeSchema,
  expiresAt: apiTimeSchema,
  sentAt: apiTimeSchema.nullable(),
  endedAt: apiTimeSchema.nullable(),
});

/** `GET /api/v1/gateways/:gw/commands`, the newest first. */
export const commandListSchema = z.object({ gw: apiGatewaySchema, commands: z.array(commandViewSchema) });

/** Answer to an order. */
export const commandAnswerSchema = z.object({ command: commandViewSchema });

/** `GET /api/v1/gateways/:gw/configuration`. */
export const configurationStandingSchema = z.object({
  gw: apiGatewaySchema,
  /** The newest order of a configuration; null when there was none. */
  desired: commandViewSchema.nullable(),
  /** What the gateway said last; version 0: its own file alone. Null before its first state. */
  reported: z.object({ version: apiCountSchema, cseq: apiCountSchema, at: apiTimeSchema }).nullable(),
});

/** `GET /api/v1/gateways/:gw/commands/:command/clip`. */
export const clipFilesSchema = z.object({
  /** True when every file is here that the gateway's signed answer names, and its signature. */
  whole: z.boolean(),
  files: z.array(z.object({ name: z.string(), bytes: apiCountSchema })),
});

export type ClipFiles = z.infer<typeof clipFilesSchema>;
export type CommandRequest = z.infer<typeof commandRequestSchema>;
export type ConfigurationRequest = z.infer<typeof configurationRequestSchema>;
export type CommandView = z.infer<typeof commandViewSchema>;
export type CommandList = z.infer<typeof commandListSchema>;
export type ConfigurationStanding = z.infer<typeof configurationStandingSchema>;
