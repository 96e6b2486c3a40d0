import { z } from "zod";
import type { AssayRule } from "./assay-verdict.ts";

const limit = z.string().regex(/^-?\d+(\.\d+)?$/);

/**
 * An assay as a file of `protocols/assays/` defines it: method, unit, direction, limits, repeats, and where they come from.
 * Limits are decimal text; exactly the limit is positive unless `atLimit` says otherwise.
 */
export const assayDefinitionSchema = z
  .strictObject({
    /** Name of the file without its ending. */
    id: z.string().regex(/^[a-z0-9-]{1,64}$/),
    name: z.strictObject({ zh: z.string().min(2).max(128), en: z.string().min(2).max(128) }),
    method: z.string().min(1).max(64),
    unit: z.string().min(1).max(32).optional(),
    direction: z.enum(["above-is-positive", "below-is-positive", "qualitative"]),
    positiveFrom: limit.optional(),
    atLimit: z.enum(["positive", "negative"]).optional(),
    suspectFrom: limit.optional(),
    retests: z.int().min(0).max(9),
    source: z.string().min(20),
  })
  .refine((definition) => definition.direction === "qualitative" || definition.positiveFrom !== undefined, {
    path: ["positiveFrom"],
    message: "is needed unless direction is qualitative",
  });

export type AssayDefinition = z.infer<typeof assayDefinitionSchema>;

/** The rule by which an instrument's results with `code` are judged. */
export const ruleOfDefinition = (definition: AssayDefinition, code: string): AssayRule => {
  const { name, method, unit, direction, positiveFrom, atLimit, suspectFrom, retests } = definition;
  return { code, name: name.zh, method, unit, direction, positiveFrom, atLimit, suspectFrom, retests };
};
