import { z } from "zod";
import { alertDeadlines, alertMessageSchema, dutyStepSchema } from "./alert-duty.ts";
import { apiCountSchema, apiDeviceSchema, apiGatewaySchema, apiTimeSchema, bilingualSchema } from "./common.ts";
import { placeSchema } from "./places.ts";
import { alertSeverities } from "./words.ts";

/**
 * `firing`: somebody must act. `acknowledged`: somebody does. `handled`: somebody did, it waits to be closed. `resolved`:
 * ended by itself. `closed`: ended by a person.
 */
export const alertViewStates = ["firing", "acknowledged", "handled", "resolved", "closed"] as const;

/** One alert that fired. */
export const alertViewSchema = z.object({
  /** Opaque. */
  id: z.string().min(1).max(128),
  rule: z.string(),
  severity: z.enum(alertSeverities),
  state: z.enum(alertViewStates),
  /** Who must act: `role:<role>` or `user:<name>`. */
  owner: z.string(),
  gw: apiGatewaySchema,
  site: z.string(),
  dev: apiDeviceSchema,
  /** Where its device stood when it began. */
  place: placeSchema,
  /** What happened, and what to do. */
  title: bilingualSchema,
  next: bilingualSchema,
  /** What its rule says of it: specimen, item, stall … */
  labels: z.record(z.string(), z.string()).optional(),
  /** Name of the page in docs/runbooks. */
  runbook: z.string(),
  /** The record that opened it (0: no record, but the lack of one, or how a gateway stands), and how many stand behind it by now. */
  lsn: z.int().nonnegative(),
  matches: apiCountSchema,
  /** True when its record arrived long after it was made. */
  late: z.boolean(),
  /** True: its rule is only tried out, and nobody was told. Left out by older centres. */
  dryRun: z.boolean().optional(),
  /** Effective time of what happened. */
  startedAt: apiTimeSchema,
  firedAt: apiTimeSchema,
  endedAt: apiTimeSchema.nullable(),
  /** `by`: a user, or an officer's code. `name`: of the register, where it knows one. */
  acknowledged: z.object({ by: z.string(), name: z.string().optional(), at: apiTimeSchema }).nullable(),
  ...alertDeadlines,
});

/** One entry of an alert's history, the oldest first. Entries are added, never changed. */
export const alertEntrySchema = z.object({
  at: apiTimeSchema,
  /** State before and after; equal where nothing changed state. */
  from: z.string().nullable(),
  to: z.string(),
  /** A stable word, explained in docs/alerts.md. */
  reason: z.string(),
  /** `system`, or a user's name. */
  actor: z.string(),
  lsn: z.int().positive().nullable(),
  detail: z.record(z.string(), z.unknown()),
});

/** `GET /api/v1/alerts/:id`. */
export const alertDetailSchema = z.object({
  alert: alertViewSchema,
  history: z.array(alertEntrySchema),
  notifications: z.array(
    z.object({
      channel: z.string(),
      event: z.enum(["firing", "resolved"]),
      state: z.string(),
      attempts: apiCountSchema,
      outcome: z.string(),
      createdAt: apiTimeSchema,
      doneAt: apiTimeSchema.nullable(),
    }),
  ),
  /** Who had it, and why; and what each of them was told. The latest 200 messages. */
  steps: z.array(dutyStepSchema).optional(),
  messages: z.array(alertMessageSchema).optional(),
  /** Names of the register for the users and officers that the history names, each as it was at that time. */
  people: z.record(z.string(), z.string()).optional(),
});

/** Who was first, where an act came to nothing because of that. */
export const actedFirstSchema = z
  .object({ by: z.string(), name: z.string().optional(), at: apiTimeSchema })
  .nullable()
  .optional();

/** Answer to `POST /api/v1/alerts/:id/acknowledge`. Of two people at once one wins; `already` tells the other so. */
export const acknowledgedSchema = z.object({
  outcome: z.enum(["done", "already"]),
  alert: alertViewSchema,
  first: actedFirstSchema,
});

/** The id in a path. */
export const alertPathSchema = z.strictObject({ id: z.string().min(1).max(128) });

/** Query of `GET /api/v1/alerts`. */
export const alertQuerySchema = z.strictObject({
  /** `dry-run`: what rules raised that are only tried out; nobody else's list has them. */
  state: z.enum(["open", "all", "dry-run"]).default("all"),
  gateway: apiGatewaySchema.optional(),
  /** `me`: only those that the asking user has to do something about. */
  for: z.literal("me").optional(),
  limit: z.coerce.number().int().min(1).max(10_000).default(100),
  /** `next` of the page before. */
  cursor: z
    .string()
    .regex(/^[eo]\d{1,15}\.[0-9A-Za-z_-]{1,128}$/)
    .optional(),
});

/** `GET /api/v1/alerts`: open ones first, then the latest ended. The numbers by state are exact for what the user sees. */
export const alertListSchema = z.object({
  asOf: apiTimeSchema,
  firing: apiCountSchema,
  acknowledged: apiCountSchema,
  handled: apiCountSchema.optional(),
  alerts: z.array(alertViewSchema),
  /** For `cursor`: there may be more behind these; null: there are none. Left out by older centres. */
  next: z.string().nullable().optional(),
});

export type AlertView = z.infer<typeof alertViewSchema>;
export type AlertList = z.infer<typeof alertListSchema>;
export type AlertQuery = z.output<typeof alertQuerySchema>;
export type AlertDetail = z.infer<typeof alertDetailSchema>;
export type Acknowledged = z.infer<typeof acknowledgedSchema>;
