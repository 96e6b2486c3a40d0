import { z } from "zod";
import { alertViewSchema } from "./alerts.ts";
import { apiCountSchema, apiDeviceSchema, apiGatewaySchema, apiTimeSchema } from "./common.ts";
import { deviceViewSchema } from "./devices.ts";
import { testViewSchema, weighingViewSchema } from "./readings.ts";
import { siteEntrySchema } from "./sites.ts";

/** The code in a path. */
export const sitePathSchema = z.strictObject({ code: z.string().min(1).max(64) });

/**
 * `GET /api/v1/sites/:code`: one site for somebody who stands in it: what is open there, how its devices are, what they said
 * last of the business day, and its cameras.
 */
export const siteViewSchema = z.object({
  asOf: apiTimeSchema,
  site: siteEntrySchema.extend({ area: z.string() }),
  /** Open ones, the latest first, at most 50; `openAlerts` is exact. */
  alerts: z.array(alertViewSchema),
  openAlerts: apiCountSchema,
  /** All that stand there now, cameras too. */
  devices: z.array(deviceViewSchema),
  /** The latest of the business day, at most 20 of each. */
  tests: z.array(testViewSchema),
  weighings: z.array(weighingViewSchema),
  /** Cameras of the register. `off`: nobody may watch. */
  cameras: z.array(
    z.object({ gw: apiGatewaySchema, channel: apiDeviceSchema, viewing: z.enum(["off", "private", "public"]) }),
  ),
});

export type SiteView = z.infer<typeof siteViewSchema>;
