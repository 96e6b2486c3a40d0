import { z } from "zod";
import { bilingualSchema } from "./common.ts";

/** Body of every answer of the API that is not a success. */
export const apiErrorSchema = z.object({
  error: z.object({
    /** A code of the error catalogue. */
    code: z.string(),
    /** What happened. */
    zh: z.string(),
    en: z.string(),
    /** What to do now. */
    next: bilingualSchema,
    /** The input that is wrong, as a dotted path. */
    field: z.string().nullable(),
    /** What exactly was wrong with it, in few words (English). */
    detail: z.string().nullable(),
    /** True when the same request can succeed later. */
    retryable: z.boolean(),
    /** When it is worth trying again, in milliseconds. */
    retryAfterMs: z.int().nonnegative().nullable(),
    /** Names the fault in the centre's log, for faults of the centre. */
    reference: z.string().nullable(),
  }),
});

export type ApiError = z.infer<typeof apiErrorSchema>;
