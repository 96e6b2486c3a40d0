import { z } from "zod";
import { cameraBody } from "./camera-body.ts";
import { messageRefSchema } from "./message-ref.ts";
import type { RecordKind } from "./record.ts";
import { saleBody } from "./sale-body.ts";

const decimal = z.string().regex(/^-?\d+(\.\d+)?$/);
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const text = (max: number) => z.string().max(max);
const code = text(64);
const seq = z.int().positive();
const lineRef = z.strictObject({ ep: z.int().positive(), eid: z.string().regex(/^[0-9a-f]{32}$/) });

/** First record of every line: who came before, as found on disk. */
export const epochBody = z.strictObject({
  predecessor: lineRef.extend({ seq, h: hash }).nullable(),
  reason: z.enum(["start", "salvage", "replace"]),
  software: z.strictObject({ name: text(64), version: text(64) }),
});

/** One settled load on a scale. `value` is what the scale said, `grams` the same as exact decimal grams. */
export const weighingBody = z.strictObject({
  protocol: code,
  value: decimal,
  unit: text(16),
  /** The unit as written by the scale (斤), where that is not `unit` itself. */
  unitSaid: text(16).optional(),
  grams: decimal.nullable(),
  mode: z.enum(["gross", "net", "tare", "unknown"]),
  stable: z.enum(["reported-stable", "reported-unstable", "inferred", "unknown"]),
  tare: decimal.nullable(),
  tareGrams: decimal.nullable(),
  settling: z.strictObject({
    samples: z.int().nonnegative(),
    durationMs: z.number().nonnegative(),
    rule: z.enum(["reported", "inferred"]),
  }),
  /** Item code, where the scale knows what lies on it. */
  item: text(64).optional(),
  /** The scale's own clock, as sent. */
  deviceAt: text(32).optional(),
  message: messageRefSchema.optional(),
});

/**
 * What a scale can report about itself. `below-zero`: its gross weight is, so that something was on the pan when it was set
 * to zero. From `zeroed` on: something was done to it, of which only some scales tell.
 */
const scaleStates = [
  "overload",
  "underload",
  "motion",
  "not-zeroed",
  "below-zero",
  "normal",
  "zeroed",
  "tared",
  "calibrated",
  "settings-changed",
  "seal-broken",
  "cover-opened",
  "power-on",
] as const;

/** A change of a scale's state: these are states, never numbers. */
export const scaleEventBody = z.strictObject({
  protocol: code,
  state: z.enum(scaleStates),
  previous: z.enum(scaleStates).nullable(),
  /** What the scale says about it: the tare, the counter of calibrations, who. */
  detail: text(256).optional(),
  /** The scale's own clock, as sent. */
  deviceAt: text(32).optional(),
  message: messageRefSchema.optional(),
});

/** One result of a rapid test (LIS02-A2 R record, or the like). */
export const testBody = z.strictObject({
  protocol: code,
  instrument: z.strictObject({ name: text(128), version: text(64), serial: text(64) }),
  specimenId: text(128),
  item: text(128).nullable(),
  assay: z.strictObject({ code: text(64), name: text(128) }),
  value: text(256),
  number: decimal.nullable(),
  unit: text(32),
  flags: text(32),
  status: text(8),
  verdict: z.enum(["positive", "suspect", "negative", "invalid", "none"]),
  verdictRule: text(128),
  instrumentVerdict: z.enum(["positive", "suspect", "negative", "invalid", "none"]),
  startedAt: text(32),
  completedAt: text(32),
  /** Channel, hole or position of an instrument that tests several samples at once. */
  channel: text(16).optional(),
  /** The lot of reagent that was used, and its last day (`2026-11-30`), where the instrument says so. */
  reagent: z.strictObject({ lot: text(64), expires: z.iso.date().optional() }).optional(),
  /** So many repeats does the assay's rule ask for after this verdict. */
  retests: z.int().nonnegative().optional(),
  /** Set when the instrument repeated a result because our acknowledgement was lost: the earlier record's content key. */
  resendOf: text(128).nullable(),
  message: messageRefSchema.optional(),
});

/** A device came, went, fell silent or was parked by the supervisor. */
export const deviceBody = z.strictObject({
  status: z.enum(["online", "offline", "silent", "parked"]),
  previous: z.enum(["online", "offline", "silent", "parked"]).nullable(),
  reason: text(256),
  driver: code.optional(),
  insecureTransport: z.boolean().optional(),
  /** An adapter that nobody configured: where it is, and which missing devices it may be. */
  unidentified: z.strictObject({ path: text(256), mayBe: z.array(text(64)).max(256) }).optional(),
});

/** The gateway's clock was set or jumped. `before` and `after` are the wall times around the change. */
export const clockBody = z.strictObject({
  cause: z.enum(["start", "step", "receipt", "ntp", "rtc"]),
  before: z.string().nullable(),
  after: z.string(),
  step_ms: z.number(),
  sync: z.enum(["ntp", "rtc", "receipt", "none"]),
  err_ms: z.number().nonnegative().nullable(),
});

/** What was not captured or was lost, named as exactly as it is known. */
export const gapBody = z.strictObject({
  scope: z.enum(["line", "device"]),
  reason: z.enum(["disk-full", "disk-error", "read-only", "damaged", "too-large", "invalid", "shutdown"]),
  line: lineRef.nullable(),
  from: seq.nullable(),
  to: seq.nullable(),
  device: text(64).nullable(),
  count: z.int().nonnegative().nullable(),
  since: z.string().nullable(),
  until: z.string().nullable(),
});

/** A configuration was applied, confirmed, refused or rolled back. */
export const configBody = z.strictObject({
  version: z.int().nonnegative(),
  sha256: hash,
  outcome: z.enum(["applied", "confirmed", "refused", "rolled-back"]),
  reason: text(512),
});

/** Effect and result of a command. */
export const commandBody = z.strictObject({
  id: text(64),
  cseq: z.int().positive(),
  kind: code,
  /** Who ordered it. */
  by: text(64).optional(),
  outcome: z.enum(["done", "failed", "refused", "expired", "unknown"]),
  result: text(4096),
});

/** Somebody did something to the gateway by hand. */
export const auditBody = z.strictObject({ actor: text(64), action: text(128), detail: text(1024) });

/** Body schema by kind. Kinds without a schema yet are stored, receipted and quarantined by the projections. */
export const bodySchemas: Partial<Record<RecordKind, z.ZodType<Record<string, unknown>>>> = {
  epoch: epochBody,
  weighing: weighingBody,
  "scale-event": scaleEventBody,
  sale: saleBody,
  test: testBody,
  camera: cameraBody,
  device: deviceBody,
  clock: clockBody,
  gap: gapBody,
  config: configBody,
  command: commandBody,
  audit: auditBody,
};

export type EpochBody = z.infer<typeof epochBody>;
export type WeighingBody = z.infer<typeof weighingBody>;
export type ScaleEventBody = z.infer<typeof scaleEventBody>;
export type TestBody = z.infer<typeof testBody>;
export type DeviceBody = z.infer<typeof deviceBody>;
export type ClockBody = z.infer<typeof clockBody>;
export type GapBody = z.infer<typeof gapBody>;
export type ConfigBody = z.infer<typeof configBody>;
export type CommandBody = z.infer<typeof commandBody>;

/** Why a body does not fit its kind, naming the field; `undefined` when it fits. */
export const bodyFault = (kind: string, body: unknown): string | undefined => {
  const schema = Object.hasOwn(bodySchemas, kind) ? bodySchemas[kind as RecordKind] : undefined;
  if (schema === undefined) return `kind: unknown kind ${kind}`;
  const parsed = schema.safeParse(body);
  if (parsed.success) return undefined;
  const issue = parsed.error.issues[0];
  return `body.${issue?.path.join(".") ?? ""}: ${issue?.message ?? "invalid"}`;
};
