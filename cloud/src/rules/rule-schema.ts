import { alertSeverities, bodySchemas, type RecordKind } from "@mingcheng/protocols";
import { z } from "zod";
import { absenceSubjects, type RuleKind, ruleTiers, standingKinds } from "./rule.ts";

const kinds: readonly [RuleKind, ...RuleKind[]] = [...standingKinds, ...(Object.keys(bodySchemas) as RecordKind[])];
const name = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, "lower case letters, digits and hyphens, at most 64");
const labelName = z.string().regex(/^[a-z][A-Za-z0-9]{0,31}$/, "a label is letters and digits");
const cel = z.string().min(1).max(2_000);
const labels = z.record(labelName, cel);
const line = z.string().regex(/^[^\p{Cc}\p{Cs}\u2028\u2029]*$/u, "one line without control characters");
const sentence = z.strictObject({ zh: line.min(1).max(200), en: line.min(1).max(300) });

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds of a length of time as people write it: `0s`, `90s`, `5m`, `24h`, `7d`; undefined when it is none. */
export const durationMs = (text: string): number | undefined => {
  const [, figure, unit] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text) ?? [];
  const ms = figure === undefined ? undefined : Number(figure) * unitMs[unit as keyof typeof unitMs];
  return ms === undefined || ms > 366 * unitMs.d ? undefined : ms;
};

const duration = z.string().transform((text, context) => {
  const ms = durationMs(text);
  if (ms === undefined) context.addIssue({ code: "custom", message: "a time like 90s, 5m, 24h or 7d" });
  return ms ?? 0;
});
const someTime = duration.refine((ms) => ms > 0, "longer than nothing");

const timeOfDay = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, "a time of day like 10:00")
  .transform((text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3)));

const kind = z.enum(kinds);

const match = z
  .strictObject({
    kind: z.union([kind, z.array(kind).min(2).max(8)], `one of ${kinds.join(", ")}, or a list of them`),
    each: z
      .string()
      .regex(/^(body|gateway)(\.[A-Za-z][A-Za-z0-9_]*)+$/, "a path like body.lines")
      .nullable()
      .default(null),
    where: cel.nullable().default(null),
  })
  .transform(({ kind: named, ...rest }) => ({ kinds: typeof named === "string" ? [named] : named, ...rest }));

const window = z.strictObject({ over: someTime, value: cel.nullable().default(null) }).transform(({ over, value }) => ({
  overMs: over,
  value,
}));

const joinKey = z.union([
  cel.transform((both) => ({ here: both, there: both })),
  z.strictObject({ here: cel, there: cel }),
]);

const join = z
  .strictObject({
    to: match,
    on: z.record(labelName, joinKey).refine((on) => Object.keys(on).length > 0, "at least one"),
    within: someTime,
    until: match.nullable().default(null),
    keep: labels.default({}),
    patience: someTime.optional(),
  })
  .transform(({ within, patience, ...rest }) => ({ ...rest, withinMs: within, patienceMs: patience ?? 0 }));

const absence = z
  .strictObject({
    each: z.enum(absenceSubjects),
    types: z.array(z.string().min(1).max(32)).max(16).default([]),
    by: timeOfDay.optional(),
    for: someTime.optional(),
    least: z.int().min(1).max(100_000).default(1),
  })
  .refine((spec) => spec.least === 1 || spec.by !== undefined, "`least` goes with `by`")
  .refine((spec) => (spec.by === undefined) !== (spec.for === undefined), "either `by` or `for`")
  .transform(({ each, types, least, ...when }) => ({
    ...{ each, types, least, byMinute: when.by ?? null, forMs: when.for ?? null },
  }));

const event = z
  .strictObject({
    type: z.literal("event"),
    identity: z.enum(["record", "result", "day"]),
    lateAfter: duration,
    late: z.enum(["alert", "ignore"]),
  })
  .transform(({ lateAfter, ...rest }) => ({ ...rest, lateAfterMs: lateAfter }));

const state = z
  .strictObject({
    type: z.literal("state"),
    for: duration,
    lateAfter: duration,
    late: z.enum(["alert", "wait", "ignore"]),
  })
  .transform((spec) => ({
    ...{ type: spec.type, forMs: spec.for, lateAfterMs: spec.lateAfter, late: spec.late },
  }));

const rule = z
  .strictObject({
    id: name,
    mode: z.enum(["live", "dry-run"]).default("live"),
    severity: z.enum(alertSeverities),
    tier: z.enum(ruleTiers).nullable().default(null),
    owner: z
      .string()
      .regex(/^(role:[a-z]{1,32}|user:[^\s:]{1,64})$/, "role:<role> or user:<name>")
      .nullable()
      .default(null),
    match,
    window: window.nullable().default(null),
    join: join.nullable().default(null),
    absence: absence.nullable().default(null),
    condition: cel.nullable().default(null),
    during: z.enum(["open", "meal", "duty"]).nullable().default(null),
    lifecycle: z.discriminatedUnion("type", [event, state]),
    group: labels.default({}),
    labels: labels.default({}),
    inhibitedBy: z
      .array(z.strictObject({ rule: name, equal: z.array(labelName).max(8) }))
      .max(16)
      .default([]),
    repeat: someTime.optional(),
    title: sentence,
    next: sentence,
    runbook: name,
  })
  .transform(({ repeat, ...rest }) => ({ ...rest, repeatMs: repeat ?? null }));

/** A rule file. Strict: what it does not know it refuses. */
export const ruleFileSchema = z.strictObject({ version: z.literal(1), rules: z.array(rule).min(1).max(500) });
