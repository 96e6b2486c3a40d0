import { z } from "zod";
import { apiTimeSchema } from "./common.ts";

/** A site of the register as it is now. */
export const siteEntrySchema = z.object({ code: z.string(), name: z.string(), type: z.string() });

/** `GET /api/v1/sites`: the sites that the user sees, by name. */
export const siteListSchema = z.object({ asOf: apiTimeSchema, sites: z.array(siteEntrySchema) });

/** See {@link siteListSchema}. */
export type SiteList = z.infer<typeof siteListSchema>;
