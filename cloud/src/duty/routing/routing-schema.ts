import { alertSeverities, userRoles } from "@mingcheng/protocols";
import { z } from "zod";
import { dutyTiers } from "../../register/model/duty-kinds.ts";
import { durationMs } from "../../rules/rule-schema.ts";

const name = z.string().regex(/^[a-z][a-z0-9-]{0,63}$/, "lower case letters, digits and hyphens, at most 64");
const words = z.strictObject({ zh: z.string().min(1).max(40), en: z.string().min(1).max(80) });
const tier = z.enum(dutyTiers);
/** Nobody would ever see what a role has that does not exist. */
const role = z.string().superRefine((text, context) => {
  if (userRoles.some((one) => one === text)) return;
  context.addIssue({ code: "custom", message: `there is no role ${text}: ${userRoles.join(", ")}` });
});

const duration = z.string().transform((text, context) => {
  const ms = durationMs(text);
  if (ms === undefined || ms === 0) context.addIssue({ code: "custom", message: "a time like 90s, 5m, 24h or 7d" });
  return ms ?? 0;
});
const some = duration.nullable().default(null);

const timeOfDay = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, "a time of day like 22:00")
  .transform((text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3)));

const step = z
  .strictObject({ tier, receipt: some, arrival: some, handling: some })
  .transform(({ receipt, arrival, handling, ...rest }) => ({
    ...rest,
    ...{ receiptMs: receipt, arrivalMs: arrival, handlingMs: handling },
  }));

const channelName = z.string().regex(/^[a-z0-9-]{1,32}$/, "the name of a channel");

const route = z
  .strictObject({
    id: name,
    level: words,
    match: z.strictObject({
      severity: z
        .array(z.enum(alertSeverities))
        .min(1)
        .default([...alertSeverities]),
      rules: z.array(name).max(500).default([]),
      labels: z.record(z.string().regex(/^[a-z][A-Za-z0-9]{0,31}$/, "a label"), z.string().max(256)).default({}),
    }),
    delivery: z.enum(["at-once", "digest"]).default("at-once"),
    inform: z.array(tier).max(4).default([]),
    path: z.array(step).min(1).max(4),
    channels: z.array(channelName).max(8).default([]),
    repeat: some,
    tellEnd: z.boolean().default(true),
  })
  .transform(({ repeat, ...rest }) => ({ ...rest, repeatMs: repeat }));

const limit = z
  .strictObject({ messages: z.int().min(1).max(1_000), within: duration })
  .transform(({ messages, within }) => ({ messages, withinMs: within }));

const minute = 60_000;
// The numbers of those who have paged people for long: one a minute, five in a quarter, eleven an hour.
const defaultLimits = [
  { messages: 1, withinMs: minute },
  { messages: 5, withinMs: 15 * minute },
  { messages: 11, withinMs: 60 * minute },
];
const defaultAlarmLimits = [
  { messages: 3, withinMs: minute },
  { messages: 10, withinMs: 15 * minute },
  { messages: 20, withinMs: 60 * minute },
];

/** A routing file. Strict: what it does not know is refused. */
export const routingSchema = z
  .strictObject({
    version: z.literal(1),
    name: words,
    lastResort: z
      .strictObject({
        officer: z.string().min(1).max(64).nullable().default(null),
        role: role.nullable().default(null),
      })
      .refine(({ officer, role }) => (officer === null) !== (role === null), "either an officer or a role"),
    quietHours: z
      .strictObject({ from: timeOfDay, to: timeOfDay })
      .refine(({ from, to }) => from !== to, "ends when it begins")
      .nullable()
      .default(null),
    digest: z
      .strictObject({
        at: timeOfDay,
        heartbeat: z.array(tier).max(4).default([]),
        silentRules: z.array(name).max(20).default(["device-silent"]),
      })
      .default({ at: 450, heartbeat: [], silentRules: ["device-silent"] }),
    grouping: z
      .strictObject({
        by: z
          .array(z.string().regex(/^[a-z][A-Za-z0-9]{0,31}$/, "a label"))
          .max(8)
          .default(["site"]),
        wait: duration.default(10_000),
        interval: duration.default(5 * minute),
      })
      .prefault({}),
    limits: z
      .strictObject({
        perOfficer: z.array(limit).min(1).max(6).default(defaultLimits),
        alarm: z.array(limit).min(1).max(6).default(defaultAlarmLimits),
        perDay: z.int().min(1).max(1_000_000).default(2_000),
      })
      .prefault({}),
    channels: z.array(channelName).max(8).default([]),
    failover: z
      .strictObject({ attempts: z.int().min(1).max(20).default(3), receipt: duration.nullable().default(10 * minute) })
      .prefault({}),
    codes: z.strictObject({ validFor: duration.default(24 * 60 * minute) }).prefault({}),
    routes: z.array(route).min(1).max(64),
  })
  .transform(
    ({ name: named, lastResort, limits, channels, routes, quietHours, digest, grouping, failover, codes }) => ({
      ...{ name: named, lastResort, limits, channels, routes },
      quietHours: quietHours === null ? null : { fromMinute: quietHours.from, toMinute: quietHours.to },
      digest: { atMinute: digest.at, heartbeat: digest.heartbeat, silentRules: digest.silentRules },
      grouping: { by: grouping.by, waitMs: grouping.wait, intervalMs: grouping.interval },
      failover: { attempts: failover.attempts, receiptMs: failover.receipt },
      codesValidMs: codes.validFor,
    }),
  );
