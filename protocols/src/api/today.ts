import { z } from "zod";
import { alertListSchema } from "./alerts.ts";
import { apiCountSchema, apiDaySchema, apiDecimalSchema, apiGatewaySchema, apiTimeSchema } from "./common.ts";
import { deviceViewSchema } from "./devices.ts";
import { gatewaySummarySchema } from "./gateways.ts";
import { testViewSchema, weighingViewSchema } from "./readings.ts";
import { salesOfDaySchema } from "./sales.ts";

/** Query of `GET /api/v1/today`: everything, or one market's gateway. */
export const todayQuerySchema = z.strictObject({ gateway: apiGatewaySchema.optional() });

/** `GET /api/v1/today`: the business day of the centre so far. Lists are bounded, totals are exact. */
export const todaySchema = z.object({
  /** When this was read, by the centre's clock. */
  asOf: apiTimeSchema,
  day: apiDaySchema,
  timezone: z.string(),
  /** First instant of the day, and of the next. */
  from: apiTimeSchema,
  to: apiTimeSchema,
  /** The ledger number that these figures contain, and the ledger's last: the difference is not shown yet. */
  lsn: apiCountSchema,
  head: apiCountSchema,
  totals: z.object({
    weighings: apiCountSchema,
    grams: apiDecimalSchema,
    withoutGrams: apiCountSchema,
    tests: z.object({
      all: apiCountSchema,
      positive: apiCountSchema,
      suspect: apiCountSchema,
      negative: apiCountSchema,
      invalid: apiCountSchema,
      none: apiCountSchema,
    }),
    devices: z.object({
      all: apiCountSchema,
      online: apiCountSchema,
      silent: apiCountSchema,
      offline: apiCountSchema,
      parked: apiCountSchema,
      unknown: apiCountSchema,
    }),
    gateways: z.object({ all: apiCountSchema, online: apiCountSchema }),
    /**
     * What of all this the register places at no site. Only who sees the whole centre sees it; null for everybody else.
     */
    unattributed: z.object({ devices: apiCountSchema, weighings: apiCountSchema, tests: apiCountSchema }).nullable(),
  }),
  devices: z.array(deviceViewSchema),
  /** The newest first. */
  weighings: z.array(weighingViewSchema),
  tests: z.array(testViewSchema),
  sales: salesOfDaySchema,
  /** Null while the alerts cannot be read; the rest of the page stands. */
  alerts: alertListSchema.nullable(),
  gateways: z.array(gatewaySummarySchema),
});

export type Today = z.infer<typeof todaySchema>;
export type TodayQuery = z.output<typeof todayQuerySchema>;
