import { z } from "zod";
import { apiCountSchema, apiTimeSchema, bilingualSchema } from "./common.ts";

/** Who may have an alert, the nearest first; `last-resort`: whom the routing names for when nobody is on duty. */
export const dutyTierNames = ["operator", "station", "district", "city", "last-resort"] as const;

/** Somebody of the register, by code and name; the name is the code where the register does not know it any more. */
export const dutyOfficerSchema = z.object({ code: z.string(), name: z.string() });

/** What has to come next: receipt (签收), arrival (到场), handling (处置); `done`: nothing more. */
export const dutyStages = ["receipt", "arrival", "handling", "done"] as const;

/** Why somebody has an alert: stable words, explained in docs/alerts.md. */
export const dutyStepReasons = [
  "first",
  "next-in-rank",
  "substitute",
  "higher-tier",
  "informed",
  "no-receipt",
  "no-arrival",
  "no-handling",
  "nobody-on-duty",
  "not-placed",
  "unreachable",
] as const;

/** One step of an alert through the tiers, the oldest first. The last one that is not `informed` has it now. */
export const dutyStepSchema = z.object({
  at: apiTimeSchema,
  tier: z.enum(dutyTierNames),
  /** Null: the last resort is a role, named in `role`. */
  officer: dutyOfficerSchema.nullable(),
  role: z.string().nullable(),
  reason: z.enum(dutyStepReasons),
  /** Whose post it is, when somebody stands in. */
  insteadOf: dutyOfficerSchema.nullable(),
});

/** Who has an alert and until when; left out before it is routed. */
export const alertDutySchema = z.object({
  /** Name of the route, and how it calls the level: 日常, 一般, 重大. */
  route: z.string(),
  level: bilingualSchema,
  tier: z.enum(dutyTierNames),
  /** Everybody who has it or was told of it with its owner; the owner first. Empty: a role has it, named by `owner`. */
  officers: z.array(dutyOfficerSchema),
  stage: z.enum(dutyStages),
  arrived: z.object({ by: z.string(), name: z.string().optional(), at: apiTimeSchema }).nullable(),
  /** How often it was moved up because a time was over. */
  escalations: apiCountSchema,
  /** What its messages are gathered by. */
  group: z.string(),
});

/** Deadlines of an alert. Null: none is set, or what it was for is done. Quiet hours do not count. */
export const alertDeadlines = {
  receiptDueAt: apiTimeSchema.nullable().optional(),
  arrivalDueAt: apiTimeSchema.nullable().optional(),
  handlingDueAt: apiTimeSchema.nullable().optional(),
  /** True when a time ran out at the present tier or at one before. */
  overdue: z.boolean().optional(),
  duty: alertDutySchema.nullable().optional(),
} as const;

/** How it stands with a message to a person. `delivered`, `undelivered`: what the provider said later. */
export const messageStates = [
  "waiting",
  "held",
  "digest",
  "sending",
  "sent",
  "delivered",
  "undelivered",
  "unconfirmed",
  "refused",
  "expired",
  "withdrawn",
  "unreachable",
] as const;

/** One attempt path of a message: a channel and what became of it there. */
export const messageLegSchema = z.object({
  channel: z.string(),
  state: z.enum(["sending", "sent", "delivered", "undelivered", "unconfirmed", "refused", "expired"]),
  attempts: apiCountSchema,
  /** Attempts whose answer was lost: the officer may have had it before. */
  answersLost: apiCountSchema,
  outcome: z.string(),
  sentAt: apiTimeSchema.nullable(),
  doneAt: apiTimeSchema.nullable(),
});

/** What an officer was, or is to be, told of one alert. */
export const alertMessageSchema = z.object({
  officer: dutyOfficerSchema.nullable(),
  tier: z.enum(dutyTierNames),
  event: z.enum(["firing", "escalated", "repeated", "resolved"]),
  state: z.enum(messageStates),
  /** Why it is not sent, in a stable word: `taken-over`, `handled`, `over`, `no-phone`, `no-channel`, `quiet`, `quota`, `budget`. */
  reason: z.string().nullable(),
  /** The message it is part of, and how many alerts that one tells; null while it waits. */
  message: z.string().nullable(),
  alerts: apiCountSchema,
  legs: z.array(messageLegSchema),
  madeAt: apiTimeSchema,
});

/** A message to one person. */
export const messageViewSchema = z.object({
  id: z.string(),
  at: apiTimeSchema,
  officer: dutyOfficerSchema.nullable(),
  /** With all but three digits at the beginning and two at the end hidden; empty when nobody knows it. */
  phone: z.string(),
  template: z.enum(["alert", "group", "escalated", "resolved", "digest", "reply"]),
  /** As it is sent, without the signature; reply codes are hidden. */
  text: z.string(),
  state: z.enum(messageStates),
  reason: z.string().nullable(),
  /** How many alerts it tells, and the first hundred of them that the user sees. */
  alerts: apiCountSchema,
  alertIds: z.array(z.string()),
  legs: z.array(messageLegSchema),
});

/** Query of `GET /api/v1/messages`. */
export const messageQuerySchema = z.strictObject({
  officer: z.string().min(1).max(64).optional(),
  state: z.enum(messageStates).optional(),
  channel: z.string().min(1).max(64).optional(),
  alert: z.string().min(1).max(128).optional(),
  /** `next` of the page before. */
  cursor: z
    .string()
    .regex(/^\d{1,16}$/)
    .optional(),
  limit: z.coerce.number().int().min(1).max(500).default(50),
});

/** `GET /api/v1/messages`: the latest first. `held`: how many tellings wait because of quotas, quiet hours or the budget. */
export const messagePageSchema = z.object({
  asOf: apiTimeSchema,
  messages: z.array(messageViewSchema),
  next: z.string().nullable(),
  waiting: apiCountSchema,
  held: apiCountSchema,
});

/** Query of `GET /api/v1/duty`. `at` left out: now. */
export const dutyQuerySchema = z.strictObject({
  at: z.iso.datetime({ offset: true }).optional(),
  site: z.string().min(1).max(64).optional(),
});

/** Who answers for a site at a tier. */
export const dutyAtTierSchema = z.object({
  /** The tier that was asked; `found` is where somebody is on duty. */
  tier: z.enum(["operator", "station", "district", "city"]),
  found: z.enum(dutyTierNames),
  officer: dutyOfficerSchema.nullable(),
  phone: z.string(),
  reason: z.enum(["first", "next-in-rank", "substitute", "higher-tier", "nobody-on-duty"]),
  insteadOf: dutyOfficerSchema.nullable(),
});

/** `GET /api/v1/duty`: sites of the user's areas, by code. */
export const dutyViewSchema = z.object({
  at: apiTimeSchema,
  sites: z.array(z.object({ code: z.string(), name: z.string(), area: z.string(), tiers: z.array(dutyAtTierSchema) })),
  /** Whom alerts reach that nobody else has. */
  lastResort: z.object({ officer: dutyOfficerSchema.nullable(), role: z.string().nullable() }),
  /** Open alerts that the last resort has. */
  lastResortAlerts: apiCountSchema,
});

const limitSchema = z.object({ messages: apiCountSchema, withinMs: apiCountSchema });

/** `GET /api/v1/routing`: who is told when, as it is in force. Times in milliseconds. */
export const routingViewSchema = z.object({
  name: bilingualSchema,
  quietHours: z.object({ from: z.string(), to: z.string() }).nullable(),
  digestAt: z.string(),
  lastResort: z.object({ officer: z.string().nullable(), role: z.string().nullable() }),
  limits: z.object({ perOfficer: z.array(limitSchema), alarm: z.array(limitSchema), perDay: apiCountSchema }),
  grouping: z.object({ by: z.array(z.string()), waitMs: apiCountSchema, intervalMs: apiCountSchema }),
  channels: z.array(z.string()),
  routes: z.array(
    z.object({
      id: z.string(),
      level: bilingualSchema,
      severities: z.array(z.string()),
      rules: z.array(z.string()),
      delivery: z.enum(["at-once", "digest"]),
      inform: z.array(z.string()),
      path: z.array(
        z.object({
          tier: z.string(),
          receiptMs: apiCountSchema.nullable(),
          arrivalMs: apiCountSchema.nullable(),
          handlingMs: apiCountSchema.nullable(),
        }),
      ),
      repeatMs: apiCountSchema.nullable(),
    }),
  ),
});

export type DutyOfficer = z.infer<typeof dutyOfficerSchema>;
export type DutyStep = z.infer<typeof dutyStepSchema>;
export type AlertDuty = z.infer<typeof alertDutySchema>;
export type MessageState = (typeof messageStates)[number];
export type MessageLeg = z.infer<typeof messageLegSchema>;
export type AlertMessage = z.infer<typeof alertMessageSchema>;
export type MessageView = z.infer<typeof messageViewSchema>;
export type MessageQuery = z.output<typeof messageQuerySchema>;
export type MessagePage = z.infer<typeof messagePageSchema>;
export type DutyView = z.infer<typeof dutyViewSchema>;
export type RoutingView = z.infer<typeof routingViewSchema>;
