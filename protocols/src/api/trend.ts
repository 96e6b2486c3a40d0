import { z } from "zod";
import { apiCountSchema, apiDaySchema, apiTimeSchema } from "./common.ts";

/** `GET /api/v1/trend`: what the business day brought so far, hour by hour, the first hour first; hours without anything are in it. */
export const trendSchema = z.object({
  asOf: apiTimeSchema,
  day: apiDaySchema,
  timezone: z.string(),
  hours: z.array(z.object({ from: apiTimeSchema, weighings: apiCountSchema, tests: apiCountSchema })).max(25),
});

export type Trend = z.infer<typeof trendSchema>;
