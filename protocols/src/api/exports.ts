import { z } from "zod";
import { apiAskedTimeSchema, apiDeviceSchema, apiGatewaySchema } from "./common.ts";

/** Body of `POST /api/v1/exports`: the evidence of one gateway, as far as the user sees it. */
export const exportRequestSchema = z.strictObject({
  gateway: apiGatewaySchema,
  /** Only records of this site, by its code. */
  site: z.string().min(1).max(64).optional(),
  /** Only records of these devices. */
  devices: z.array(apiDeviceSchema).min(1).max(1_000).optional(),
  /** Received by the centre at or after, at or before. */
  from: apiAskedTimeSchema.optional(),
  to: apiAskedTimeSchema.optional(),
});

export type ExportEvidenceRequest = z.output<typeof exportRequestSchema>;
