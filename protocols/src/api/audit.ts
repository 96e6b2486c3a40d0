import { z } from "zod";
import { apiCountSchema, apiTimeSchema, bilingualSchema } from "./common.ts";

/** One entry of the audit log. */
export const auditEntryViewSchema = z.object({
  n: z.int().positive(),
  /** Hexadecimal hash of the chain up to here. */
  h: z.string(),
  /** Null where its content was erased when its time was over: only its digest is kept. */
  entry: z
    .object({
      at: apiTimeSchema,
      actor: z.string(),
      address: z.string().nullable(),
      action: z.string(),
      title: bilingualSchema,
      subject: z.string(),
      outcome: z.enum(["done", "refused"]),
      detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
    })
    .nullable(),
});

/** Query of `GET /api/v1/audit`. */
export const auditQuerySchema = z.strictObject({
  /** Only entries before this number: `next` of the page before. */
  before: z.coerce.number().int().positive().optional(),
  actor: z.string().max(64).optional(),
  action: z.string().max(64).optional(),
  subject: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});

/** `GET /api/v1/audit`: the newest first. With a filter a page may be short although `next` is given. */
export const auditPageSchema = z.object({ entries: z.array(auditEntryViewSchema), next: z.int().nullable() });

/** `GET /api/v1/audit/verification`. */
export const auditVerificationSchema = z.object({
  ok: z.boolean(),
  entries: apiCountSchema,
  /** Entries whose content was erased, as other entries say. */
  withheld: apiCountSchema,
  /** To be noted elsewhere: whoever has it can prove later that nothing before it was changed. */
  head: z.object({ n: z.int().positive(), h: z.string() }).nullable(),
  /** The first thing that is wrong. */
  fault: z.object({ n: z.int().nullable(), zh: z.string(), en: z.string() }).nullable(),
});

export type AuditEntryView = z.infer<typeof auditEntryViewSchema>;
export type AuditPage = z.infer<typeof auditPageSchema>;
export type AuditQuery = z.output<typeof auditQuerySchema>;
export type AuditVerification = z.infer<typeof auditVerificationSchema>;
