import { z } from "zod";
import { actedFirstSchema, alertViewSchema } from "./alerts.ts";
import { apiTimeSchema } from "./common.ts";

const words = z.string().trim().min(1).max(2_000);

/** `POST /api/v1/alerts/:id/handle`: what was done on the spot. */
export const alertHandleSchema = z.strictObject({ result: words });

/** `POST /api/v1/alerts/:id/close`: how it ended, and where the proof is. */
export const alertCloseSchema = z.strictObject({ result: words, evidence: words });

/** `POST /api/v1/alerts/:id/reopen`: why. */
export const alertReopenSchema = z.strictObject({ comment: words });

/** Answer to all of them. `already`: somebody else did it before, or a newer alert of the same kind is open. */
export const alertActedSchema = z.object({
  outcome: z.enum(["done", "already"]),
  alert: alertViewSchema,
  first: actedFirstSchema,
});

/** Longest that somebody can silence something. */
export const longestSilenceMs = 31 * 86_400_000;

/** Labels and the values they must all have: `rule`, `gateway`, `device`, `site`, `severity`, or a label of a rule. */
export const silenceMatchersSchema = z
  .record(z.string().regex(/^[a-z][A-Za-z0-9]{0,31}$/), z.string().min(1).max(256))
  .refine((matchers) => Object.keys(matchers).length > 0, "at least one label");

/** `POST /api/v1/silences`. */
export const silenceRequestSchema = z
  .strictObject({ matchers: silenceMatchersSchema, from: apiTimeSchema.optional(), to: apiTimeSchema, comment: words })
  .refine(({ from, to }) => from === undefined || from < to, { message: "ends before it begins", path: ["to"] });

/** A silence. `endedAt`: when somebody ended it before its time. */
export const silenceViewSchema = z.object({
  id: z.int().positive(),
  matchers: z.record(z.string(), z.string()),
  from: apiTimeSchema,
  to: apiTimeSchema,
  by: z.string(),
  comment: z.string(),
  madeAt: apiTimeSchema,
  ended: z.object({ by: z.string(), at: apiTimeSchema }).nullable(),
  active: z.boolean(),
});

/** `GET /api/v1/silences`: the latest first. */
export const silenceListSchema = z.object({ asOf: apiTimeSchema, silences: z.array(silenceViewSchema) });

/** The number in a path. */
export const silencePathSchema = z.strictObject({ id: z.coerce.number().int().positive() });

export type SilenceRequest = z.output<typeof silenceRequestSchema>;
export type SilenceView = z.infer<typeof silenceViewSchema>;
export type SilenceList = z.infer<typeof silenceListSchema>;
