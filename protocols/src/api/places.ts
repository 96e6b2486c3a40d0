import { z } from "zod";

const namedSchema = z.object({ code: z.string(), name: z.string() });

/**
 * Where something belongs, as the register says today of its device and effective time. `site` and `area` are null where
 * the register places the stall but not its site. A correction of the register changes it, for what is past too.
 */
export const placeViewSchema = z.object({
  site: namedSchema.nullable(),
  /** The nearest area. */
  area: namedSchema.nullable(),
  /** Codes of all areas, the widest first. */
  areas: z.array(z.string()),
  stall: z.object({ code: z.string(), label: z.string() }).nullable(),
  vendor: namedSchema.nullable(),
});

/** Where in a fact its place stands; null: the register does not place the device at that time. */
export const placeSchema = placeViewSchema.nullable();

export type PlaceView = z.infer<typeof placeViewSchema>;
