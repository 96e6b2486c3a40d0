import { z } from "zod";
import {
  apiAskedTimeSchema,
  apiCountSchema,
  apiDeviceSchema,
  apiGatewaySchema,
  apiTimeSchema,
  bilingualSchema,
} from "./common.ts";

const reasonSchema = z.string().trim().min(1).max(500);

/** A class of data, its purpose and its period. */
export const dataClassViewSchema = z.object({
  name: z.string(),
  title: bilingualSchema,
  purpose: bilingualSchema,
  erasure: bilingualSchema,
  /** Null: kept for good. */
  days: z.int().positive().nullable(),
});

/** What a run of the retention job did with one class. */
export const retentionReportSchema = z.object({
  name: z.string(),
  days: z.int().positive().nullable(),
  olderThan: z.string().nullable(),
  /** Erased. */
  count: apiCountSchema,
  /** Due, but under a legal hold. */
  held: apiCountSchema,
});

/** `GET /api/v1/retention`. */
export const retentionStateSchema = z.object({
  classes: z.array(dataClassViewSchema),
  /** Hour of the day at which the daily run begins, in the centre's time zone. */
  atHour: z.int().min(0).max(23),
  /** Legal holds in force. */
  holds: apiCountSchema,
  /** Runs that were asked for and are not done yet. */
  waiting: apiCountSchema,
  /** The newest first, at most 20. */
  runs: z.array(
    z.object({
      by: z.string(),
      beganAt: apiTimeSchema,
      endedAt: apiTimeSchema,
      classes: z.array(retentionReportSchema),
    }),
  ),
});

/** `POST /api/v1/retention/runs`: the running centre begins within seconds; look at `runs` for what came of it. */
export const retentionRunRequestedSchema = z.object({ request: z.int().positive() });

/** A legal hold: what it covers is not erased until it is released. */
export const holdViewSchema = z.object({
  id: z.int().positive(),
  /** Null: every gateway, every device. */
  gateway: apiGatewaySchema.nullable(),
  device: apiDeviceSchema.nullable(),
  /** When records were made, or received; null: no bound. `to` is exclusive. */
  from: apiTimeSchema.nullable(),
  to: apiTimeSchema.nullable(),
  reason: z.string(),
  by: z.string(),
  placedAt: apiTimeSchema,
  released: z.object({ at: apiTimeSchema, by: z.string(), reason: z.string() }).nullable(),
});

/** `GET /api/v1/holds`: every hold, the oldest first, released ones too. */
export const holdListSchema = z.object({ holds: z.array(holdViewSchema) });

/** Body of `POST /api/v1/holds`. */
export const holdRequestSchema = z
  .strictObject({
    gateway: apiGatewaySchema.optional(),
    device: apiDeviceSchema.optional(),
    from: apiAskedTimeSchema.optional(),
    to: apiAskedTimeSchema.optional(),
    reason: reasonSchema,
  })
  .refine(({ gateway, device }) => device === undefined || gateway !== undefined, {
    ...{ path: ["gateway"], message: "a device is named with its gateway" },
  });

/** `POST /api/v1/holds`, `POST /api/v1/holds/:id/release`. */
export const holdAnswerSchema = z.object({ hold: holdViewSchema });

/** Body of `POST /api/v1/holds/:id/release`. */
export const holdReleaseSchema = z.strictObject({ reason: reasonSchema });

/** Path of one hold. */
export const holdPathSchema = z.strictObject({ id: z.coerce.number().int().positive() });

/** Path of one person: an officer's or vendor's code, or a user's name. */
export const personPathSchema = z.strictObject({ code: z.string().min(1).max(64) });

/** `GET /api/v1/persons/:code`: everything held on one person, for that person. Rows as the centre has them, without numbers. */
export const personExportSchema = z.object({
  v: z.literal(1),
  code: z.string(),
  asOf: apiTimeSchema,
  logins: z.array(z.string()),
  ...Object.fromEntries(
    (
      [
        "officer",
        "duties",
        "absences",
        "vendor",
        "tenancies",
        "devices",
        "users",
        "sessions",
        "audit",
        "alerts",
      ] as const
    ).map((name) => [name, z.array(z.record(z.string(), z.unknown()))]),
  ),
});

/** Body of `POST /api/v1/persons/:code/erase`. */
export const personErasureSchema = z.strictObject({ reason: reasonSchema });

/** What came of it: entries emptied, entries under a legal hold, entries that are still in force and stay. */
export const personErasedSchema = z.object({
  code: z.string(),
  erased: apiCountSchema,
  held: apiCountSchema,
  inForce: apiCountSchema,
});

/** Query of `GET /api/v1/audit/views`. */
export const viewLogQuerySchema = z.strictObject({
  /** Only entries before this number: `next` of the page before. */
  before: z.coerce.number().int().positive().optional(),
  actor: z.string().max(64).optional(),
  subject: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});

export type HoldView = z.infer<typeof holdViewSchema>;
export type HoldList = z.infer<typeof holdListSchema>;
export type HoldRequest = z.output<typeof holdRequestSchema>;
export type RetentionState = z.infer<typeof retentionStateSchema>;
export type PersonErased = z.infer<typeof personErasedSchema>;
export type ViewLogQuery = z.output<typeof viewLogQuerySchema>;
