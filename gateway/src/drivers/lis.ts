import { lis, lisEncodings } from "@mingcheng/protocols";
import { z } from "zod";
import { defineDriver } from "./define-driver.ts";
import { createLisSession } from "./lis-session.ts";

const limit = z.string().regex(/^-?\d+(\.\d+)?$/, "a limit as decimal text");

/** How one assay is judged. */
export const assayRuleSchema = z
  .strictObject({
    code: z.string().min(1).max(64).describe("The instrument's code for the assay, as in result field 3."),
    name: z.string().max(128).optional().describe("Name shown to people."),
    method: z.string().min(1).max(64).describe("The standard that sets the limit, e.g. GB/T 5009.199-2003."),
    unit: z.string().min(1).max(32).optional().describe("Results in another unit get no verdict. Left out: any unit."),
    direction: z
      .enum(["above-is-positive", "below-is-positive", "qualitative"])
      .describe("Which side of the limit is positive; qualitative: the instrument's own words count."),
    positiveFrom: limit.optional().describe("Limit; exactly this value is positive."),
    suspectFrom: limit.optional().describe("From here on suspect; exactly this value included."),
  })
  .refine((rule) => rule.direction === "qualitative" || rule.positiveFrom !== undefined, {
    path: ["positiveFrom"],
    message: "needed unless direction is qualitative",
  });

/** Options of a LIS02-A2 tester. */
export const lisConfigSchema = z.strictObject({
  assays: z
    .array(assayRuleSchema)
    .max(1000)
    .default([])
    .describe("How results are judged. An assay without a rule gets no verdict, never a pass."),
  encoding: z
    .enum(lisEncodings)
    .default("auto")
    .describe("Text encoding. auto: UTF-8 when valid, otherwise GB18030 (GBK, GB2312)."),
  frameNumbers: z
    .enum(["strict", "ignored"])
    .default("strict")
    .describe("ignored: for instruments that do not count their frames."),
  sevenBit: z.boolean().default(false).describe("Mask the parity bit: a 7-bit line through a port opened with 8 bits."),
  receiverTimeoutMs: z
    .int()
    .min(1000)
    .max(600_000)
    .default(30_000)
    .describe("A transfer without a frame for this long, in milliseconds, is given up (LIS01-A2 section 6.5.2)."),
});

/** A rapid tester that speaks LIS01-A2/LIS02-A2; 9600 8N1 is usual. */
export const lisDriver = defineDriver({
  protocol: lis.id,
  displayName: lis.displayName,
  deviceClass: "tester",
  transportDefaults: { baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1 },
  configSchema: lisConfigSchema,
  createSession: (context, config) => createLisSession(context, config),
});
