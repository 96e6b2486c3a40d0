import { z } from "zod";
import { apiCountSchema, apiDaySchema, apiDecimalSchema, apiTimeSchema } from "./common.ts";

/** What a market hands in for a day, or for the seven days from a Monday on. */
export const reportPeriods = ["day", "week"] as const;

const siteCode = z.string().min(1).max(64);

/** `GET /api/v1/reports`: which one. */
export const reportQuerySchema = z.strictObject({
  site: siteCode,
  period: z.enum(reportPeriods).default("day"),
  /** The day, or any day of the week. */
  date: apiDaySchema,
});

/** `GET /api/v1/reports/file`: the same as a file. */
export const reportFileQuerySchema = reportQuerySchema.extend({
  format: z.enum(["html", "xlsx"]),
  lang: z.enum(["zh", "en"]).default("zh"),
});

const verdictCounts = z.object({
  all: apiCountSchema,
  positive: apiCountSchema,
  suspect: apiCountSchema,
  negative: apiCountSchema,
  invalid: apiCountSchema,
  none: apiCountSchema,
});

const minutes = z.object({
  /** How many the figures stand on. */
  of: apiCountSchema,
  median: z.number().nonnegative().nullable(),
  p90: z.number().nonnegative().nullable(),
});

/**
 * The report of a site. Everything is counted by effective time and by where the register says the device stood, from the
 * ledger up to `cutOff.lsn`: the same cut-off gives the same numbers. Lines in dispute are left out.
 */
export const reportSchema = z.object({
  v: z.literal(1),
  site: z.object({ code: siteCode, name: z.string() }),
  period: z.object({
    type: z.enum(reportPeriods),
    /** First and last day, both in it. */
    first: apiDaySchema,
    last: apiDaySchema,
    from: apiTimeSchema,
    to: apiTimeSchema,
    timezone: z.string(),
    /** False while the period is not over, or records of it may still be on their way through the centre. */
    complete: z.boolean(),
  }),
  cutOff: z.object({
    /** Ledger number up to which everything is in it. */
    lsn: apiCountSchema,
    head: apiCountSchema,
    at: apiTimeSchema,
  }),
  tests: z.object({
    total: verdictCounts,
    items: z.array(z.object({ item: z.string().nullable(), assay: z.string(), counts: verdictCounts })),
  }),
  weighings: z.object({ count: apiCountSchema, grams: apiDecimalSchema, withoutGrams: apiCountSchema }),
  sales: z.object({
    sales: apiCountSchema,
    refunds: apiCountSchema,
    voids: apiCountSchema,
    amountFen: z.int(),
    /** Where price times weight is not what was asked for. */
    mismatches: apiCountSchema,
    items: z.array(
      z.object({
        item: z.string().nullable(),
        name: z.string().nullable(),
        lines: apiCountSchema,
        grams: apiDecimalSchema,
        amountFen: z.int(),
      }),
    ),
  }),
  devices: z.array(
    z.object({
      gw: z.string(),
      dev: z.string(),
      class: z.string(),
      stall: z.string().nullable(),
      weighings: apiCountSchema,
      tests: apiCountSchema,
      /** Times at which it fell silent or went offline. */
      faults: apiCountSchema,
      faultMinutes: z.number().nonnegative(),
    }),
  ),
  alerts: z.object({
    fired: apiCountSchema,
    stillOpen: apiCountSchema,
    bySeverity: z.record(z.string(), apiCountSchema),
    rules: z.array(
      z.object({ rule: z.string(), title: z.object({ zh: z.string(), en: z.string() }), fired: apiCountSchema }),
    ),
    /** From firing to being taken over, to being handled, to being over. */
    acknowledged: minutes,
    handled: minutes,
    ended: minutes,
  }),
});

/** See {@link reportSchema}. */
export type Report = z.infer<typeof reportSchema>;

/** A report that was made on schedule, as it was then; what came to light later is another revision. */
export const keptReportSchema = z.object({
  site: siteCode,
  siteName: z.string(),
  period: z.enum(reportPeriods),
  first: apiDaySchema,
  last: apiDaySchema,
  /** From 1. */
  revision: z.int().positive(),
  madeAt: apiTimeSchema,
  /** Ledger number up to which it goes. */
  lsn: apiCountSchema,
  complete: z.boolean(),
  /** Of its JSON, as `GET /api/v1/reports/kept/file?format=json` gives it. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});

/** `GET /api/v1/reports/kept`: of which site. */
export const keptReportQuerySchema = z.strictObject({
  site: siteCode,
  period: z.enum(reportPeriods).default("day"),
  limit: z.coerce.number().int().min(1).max(200).default(60),
});

/** Its answer, newest first. `at`: time of day from which the day before is due; null: none are made on schedule. */
export const keptReportListSchema = z.object({ at: z.string().nullable(), reports: z.array(keptReportSchema) });

/** `GET /api/v1/reports/kept/file`: one revision. */
export const keptReportFileQuerySchema = z.strictObject({
  site: siteCode,
  period: z.enum(reportPeriods),
  first: apiDaySchema,
  revision: z.coerce.number().int().positive(),
  format: z.enum(["html", "xlsx", "json"]),
  lang: z.enum(["zh", "en"]).default("zh"),
});

/** See {@link keptReportSchema}. */
export type KeptReport = z.infer<typeof keptReportSchema>;

/** See {@link keptReportListSchema}. */
export type KeptReportList = z.infer<typeof keptReportListSchema>;

/** Kinds of reports. */
export type ReportPeriod = (typeof reportPeriods)[number];
