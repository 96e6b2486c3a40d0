import { defaultSettlingRules, type SettlingRules } from "@mingcheng/protocols";
import { z } from "zod";

const weight = z.string().regex(/^\d+(\.\d+)?$/, "a weight as decimal text, in the unit the scale shows");

/** When a weight counts as one load; every option has a default that suits shop scales. */
export const settlingConfigSchema = z
  .strictObject({
    reportedSamples: z
      .int()
      .min(1)
      .max(100)
      .default(defaultSettlingRules.reportedSamples)
      .describe("Scales that report stability: so many equal stable readings in a row make a weighing."),
    inferredSamples: z
      .int()
      .min(2)
      .max(1000)
      .default(defaultSettlingRules.inferredSamples)
      .describe("Scales that do not: so many equal readings in a row"),
    inferredWindowMs: z
      .int()
      .min(0)
      .max(60_000)
      .default(defaultSettlingRules.inferredWindowMs)
      .describe("and over at least so many milliseconds make a weighing."),
    maxGapMs: z
      .int()
      .min(100)
      .max(60_000)
      .default(defaultSettlingRules.maxGapMs)
      .describe("Readings further apart than this, in milliseconds, are not in a row."),
    zeroBand: weight
      .nullable()
      .default(defaultSettlingRules.zeroBand)
      .describe("At or below this weight (in the unit shown) the pan is empty. null: two display steps."),
    emptySamples: z
      .int()
      .min(1)
      .max(100)
      .default(defaultSettlingRules.emptySamples)
      .describe("So many readings in a row at or below the zero band end a load."),
    captureAt: z
      .enum(["settle", "fall"])
      .default(defaultSettlingRules.captureAt)
      .describe("settle: a load's first settled weight, at once. fall: its last one, when the pan is emptied."),
    loadAtStart: z
      .enum(["wait", "capture"])
      .default(defaultSettlingRules.loadAtStart)
      .describe("A load already on the pan at start: wait until the pan was empty once, or capture it."),
  })
  .prefault({});

/** Options that every continuously sending scale has. */
export const scaleOptions = {
  settling: settlingConfigSchema,
  stateSamples: z
    .int()
    .min(1)
    .max(100)
    .default(2)
    .describe("So many readings in a row must agree before overload, underload, not-zeroed or motion is recorded."),
  motionTooLongMs: z
    .int()
    .min(1000)
    .max(3_600_000)
    .default(30_000)
    .describe("A scale in motion for longer than this, in milliseconds, is recorded as a state."),
  liveIntervalMs: z
    .int()
    .min(50)
    .max(60_000)
    .default(200)
    .describe("Unsettled weights go to the live screens at most this often, in milliseconds."),
};

/** The options above, read. */
export interface ScaleConfig {
  readonly settling: SettlingRules;
  readonly stateSamples: number;
  readonly motionTooLongMs: number;
  readonly liveIntervalMs: number;
}
