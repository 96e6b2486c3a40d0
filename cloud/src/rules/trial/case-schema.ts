import { bodySchemas } from "@mingcheng/protocols";
import { z } from "zod";
import { isTimeZone } from "../../config/cloud-config.ts";
import { durationMs } from "../rule-schema.ts";

const duration = z.string().transform((text, context) => {
  const ms = durationMs(text);
  if (ms === undefined) context.addIssue({ code: "custom", message: "a time like 90s, 5m, 24h or 7d" });
  return ms ?? 0;
});
const id = z.string().min(1).max(64);
const texts = z.record(z.string(), z.string());
const kinds = Object.keys(bodySchemas) as [string, ...string[]];

const push = z.strictObject({
  /** When the centre receives it, after the start. */
  at: duration,
  /** How long before that it was made. */
  ago: duration.default(0),
  kind: z.enum(kinds),
  gw: id.default("market-a"),
  dev: id.default("scale-01"),
  /** Over a body in which nothing is remarkable. */
  body: z.record(z.string(), z.unknown()).default({}),
  /** That often, one after the other. */
  times: z.int().min(1).max(10_000).default(1),
  every: duration.default(1_000),
  line: z.enum(["ok", "disputed"]).default("ok"),
});

const gateway = z.strictObject({
  at: duration,
  gw: id.default("market-a"),
  gateway: z.strictObject({
    online: z.boolean().default(true),
    alarms: z.array(id).default([]),
    disputedLines: z.int().nonnegative().default(0),
    gaps: z.int().nonnegative().default(0),
    pending: z.int().nonnegative().default(0),
    diskFreeMegabytes: z.number().nonnegative().default(16_000),
  }),
});

const wanted = z.strictObject({
  state: z.enum(["firing", "resolved"]),
  /** First and last moment at which it may happen, after the start. */
  between: z.tuple([duration, duration]).refine(([first, last]) => first <= last, "ends before it begins"),
  /** Labels that it must have; others may have any value. */
  labels: texts.default({}),
  late: z.boolean().optional(),
  /** Whether anybody is told: false while it is inhibited. */
  told: z.boolean().optional(),
  count: z.int().min(1).max(10_000).default(1),
});

const one = z.strictObject({
  name: z.string().min(1).max(200),
  /** The moment from which all others are counted, with an offset. */
  start: z.iso.datetime({ offset: true }).default("2026-11-23T09:00:00+08:00"),
  timezone: z.string().refine(isTimeZone, "a time zone like Asia/Shanghai").default("Asia/Shanghai"),
  /** Entries beside the sample market: kind, and the entry's columns. */
  register: z.array(z.record(z.string(), z.string())).default([]),
  push: z.array(z.union([push, gateway])).default([]),
  /** When the case ends, after the start; left out: an hour after the last thing that is pushed. */
  until: duration.optional(),
  /** Everything that the rule may do: what is not here must not happen. */
  want: z.array(wanted),
});

/** Acceptance cases of one rule. */
export const caseFileSchema = z.strictObject({ version: z.literal(1), rule: id, cases: z.array(one).min(1).max(200) });

export type RuleCase = z.output<typeof one>;
export type CaseFile = z.output<typeof caseFileSchema>;
export type Pushed = RuleCase["push"][number];
