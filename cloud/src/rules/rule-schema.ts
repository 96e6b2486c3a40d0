import { alertSeverities, bodySchemas, type RecordKind } from "@mingcheng/protocols";
import { z } from "zod";

const kinds = Object.keys(bodySchemas) as [RecordKind, ...RecordKind[]];
const name = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, "lower case letters, digits and hyphens, at most 64");
const field = z.string().regex(/^(gw|dev|body(\.[A-Za-z][A-Za-z0-9_]*)+)$/, "gw, dev, or a path like body.verdict");
const labels = z.record(z.string().regex(/^[a-z][A-Za-z0-9]{0,31}$/, "a label is letters and digits"), field);
const sentence = z.strictObject({ zh: z.string().min(1).max(200), en: z.string().min(1).max(300) });
const day = 86_400_000;
const durationMs = z
  .int("whole milliseconds")
  .min(0)
  .max(365 * day);

const event = z.strictObject({
  type: z.literal("event"),
  identity: z.enum(["record", "result"]),
  lateAfterMs: durationMs,
  late: z.enum(["alert", "ignore"]),
});

const state = z.strictObject({
  type: z.literal("state"),
  forMs: durationMs,
  lateAfterMs: durationMs,
  late: z.enum(["alert", "wait", "ignore"]),
});

const rule = z.strictObject({
  id: name,
  severity: z.enum(alertSeverities),
  owner: z
    .string()
    .regex(/^(role:[a-z]{1,32}|user:[^\s:]{1,64})$/, "role:<role> or user:<name>")
    .nullable()
    .default(null),
  match: z.strictObject({ kind: z.enum(kinds) }),
  condition: z
    .array(
      z.strictObject({
        field,
        in: z
          .array(z.union([z.string(), z.number(), z.boolean()]))
          .min(1)
          .max(64),
      }),
    )
    .min(1)
    .max(16),
  lifecycle: z.discriminatedUnion("type", [event, state]),
  group: labels.refine((group) => Object.keys(group).length > 0, "at least one label"),
  labels: labels.default({}),
  title: sentence,
  next: sentence,
  runbook: name,
});

/** A rule file. Strict: what it does not know it refuses. */
export const ruleFileSchema = z.strictObject({ version: z.literal(1), rules: z.array(rule).min(1).max(500) });
