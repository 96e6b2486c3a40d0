import { z } from "zod";
import {
  apiAskedTimeSchema,
  apiCountSchema,
  apiDeviceSchema,
  apiGatewaySchema,
  apiTimeSchema,
  bilingualSchema,
} from "./common.ts";

/** Name of a kind of entry: `stalls`, `item-codes`. */
export const registerKindSchema = z.string().regex(/^[a-z]{1,20}(?:-[a-z]{1,20})?$/);

/** A change of the register: who, when, from what. Changes are counted from 1 and never undone, only followed. */
export const registerChangeSchema = z.object({
  change: z.int().positive(),
  at: apiTimeSchema,
  by: z.string(),
  /** Files with their SHA-256, or `api`. */
  source: z.string(),
  note: z.string(),
});

/** What a change did to a kind. */
export const registerCountsSchema = z.object({
  added: apiCountSchema,
  corrected: apiCountSchema,
  unchanged: apiCountSchema,
  withdrawn: apiCountSchema,
});

/** Texts by column; an empty text where there is nothing. */
const valuesSchema = z.record(z.string(), z.string());

/**
 * An entry: what it says, from when (inclusive, null: since ever) to when (exclusive, null: for good) it is so, and the
 * changes that wrote it and that replaced or withdrew it.
 */
export const registerEntrySchema = z.object({
  id: z.int().positive(),
  values: valuesSchema,
  from: apiTimeSchema.nullable(),
  to: apiTimeSchema.nullable(),
  since: z.int().positive(),
  until: z.int().positive().nullable(),
});

/** `GET /api/v1/register`: the kinds, their columns, and how many entries there are. */
export const registerKindListSchema = z.object({
  kinds: z.array(
    z.object({
      kind: registerKindSchema,
      title: bilingualSchema,
      key: z.array(z.string()),
      columns: z.array(
        z.object({
          name: z.string(),
          title: bilingualSchema,
          optional: z.boolean(),
          /** What a value has to look like. */
          expected: bilingualSchema,
          /** Kind that its values name. */
          names: registerKindSchema.nullable(),
        }),
      ),
      /** Null for who sees only a part. */
      entries: apiCountSchema.nullable(),
    }),
  ),
});

/** Query of `GET /api/v1/register/:kind`. A page may be short although `next` is given. */
export const registerQuerySchema = z.strictObject({
  /** Only entries valid then; every present one when left out. */
  at: apiAskedTimeSchema.optional(),
  /** Only entries with this value in this column. */
  column: z.string().max(64).optional(),
  value: z.string().max(200).optional(),
  /** `next` of the page before. */
  after: z.coerce.number().int().nonnegative().default(0),
  limit: z.coerce.number().int().min(1).max(1000).default(200),
});

/** A page of entries. `next` null: there are no more. */
export const registerPageSchema = z.object({ entries: z.array(registerEntrySchema), next: z.int().nullable() });

/** Query of `GET /api/v1/register/:kind/history`: any entry of the key. */
export const registerHistoryQuerySchema = z.strictObject({ id: z.coerce.number().int().positive() });

/** All that was ever said of one key, in the order in which it was said, and the changes that said it. */
export const registerHistorySchema = z.object({
  entries: z.array(registerEntrySchema),
  changes: z.array(registerChangeSchema),
});

/** Query of `GET /api/v1/register/changes`. */
export const registerChangeQuerySchema = z.strictObject({
  before: z.coerce.number().int().positive().optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

/** Changes, the newest first. */
export const registerChangeListSchema = z.object({
  changes: z.array(registerChangeSchema.extend({ counts: z.record(z.string(), registerCountsSchema) })),
  next: z.int().nullable(),
});

const validitySchema = { from: apiAskedTimeSchema.nullish(), to: apiAskedTimeSchema.nullish() };

/**
 * Body of `POST /api/v1/register/changes`. An entry with the key and the beginning of a present one corrects it, any other
 * is added; a withdrawal takes back what never was true. All of it counts, or nothing.
 */
export const registerChangeRequestSchema = z.strictObject({
  note: z.string().max(500).default(""),
  dryRun: z.boolean().default(false),
  put: z
    .array(
      z.strictObject({
        kind: registerKindSchema,
        values: z.record(z.string().max(64), z.string().max(16_384)),
        ...validitySchema,
      }),
    )
    .max(500)
    .default([]),
  withdraw: z
    .array(
      z.strictObject({
        kind: registerKindSchema,
        key: z.array(z.string().max(200)).min(1).max(8),
        from: apiAskedTimeSchema.nullish(),
      }),
    )
    .max(500)
    .default([]),
});

/** What came of a change. `change` is null when nothing was written: findings, a dry run, or nothing new. */
export const registerOutcomeSchema = z.object({
  change: z.int().positive().nullable(),
  counts: z.record(z.string(), registerCountsSchema),
  findings: z.array(
    z.object({
      kind: z.string(),
      /** Counted from 1 in the order of `put`; null when no entry is to blame. */
      row: z.int().nullable(),
      column: z.string().nullable(),
      code: z.string(),
      zh: z.string(),
      en: z.string(),
    }),
  ),
  findingsTotal: apiCountSchema,
});

/** Query of `GET /api/v1/register/attribution`. */
export const attributionQuerySchema = z.strictObject({
  gw: apiGatewaySchema,
  dev: apiDeviceSchema,
  at: apiAskedTimeSchema,
});

const namedSchema = z.object({ code: z.string(), name: z.string() });

/** Where a record of a device at a time belongs. Null and empty: the register does not say. */
export const attributionSchema = z.object({
  stall: z.object({ code: z.string(), label: z.string() }).nullable(),
  vendor: namedSchema.nullable(),
  site: namedSchema.extend({ type: z.string() }).nullable(),
  /** The widest first. */
  areas: z.array(namedSchema.extend({ level: z.string() })),
});

export type RegisterChangeView = z.infer<typeof registerChangeSchema>;
export type RegisterChangeList = z.infer<typeof registerChangeListSchema>;
export type RegisterChangeRequest = z.output<typeof registerChangeRequestSchema>;
export type RegisterEntry = z.infer<typeof registerEntrySchema>;
export type RegisterHistory = z.infer<typeof registerHistorySchema>;
export type RegisterKindList = z.infer<typeof registerKindListSchema>;
export type RegisterOutcome = z.infer<typeof registerOutcomeSchema>;
export type RegisterPage = z.infer<typeof registerPageSchema>;
export type RegisterQuery = z.output<typeof registerQuerySchema>;
export type AttributionView = z.infer<typeof attributionSchema>;
