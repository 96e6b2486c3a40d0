import { z } from "zod";
import {
  apiCountSchema,
  apiDecimalSchema,
  apiDeviceSchema,
  apiEpochIdSchema,
  apiGatewaySchema,
  apiTimeSchema,
} from "./common.ts";
import { placeSchema } from "./places.ts";

const placed = {
  /** Ledger sequence number. */
  lsn: z.int().positive(),
  gw: apiGatewaySchema,
  dev: apiDeviceSchema,
  /** Effective time. */
  at: apiTimeSchema,
  /** When the centre committed it; much later than `at` after an outage. */
  receivedAt: apiTimeSchema,
  lane: z.enum(["live", "backlog"]),
  place: placeSchema,
};

const verdictSchema = z.enum(["positive", "suspect", "negative", "invalid", "none"]);

/** One settled load. */
export const weighingViewSchema = z.object({
  ...placed,
  /** As the scale said it, with the scale's own decimals and unit. */
  value: apiDecimalSchema,
  unit: z.string(),
  /** The same in grams; null when the unit has none. */
  grams: apiDecimalSchema.nullable(),
  mode: z.enum(["gross", "net", "tare", "unknown"]),
  stable: z.enum(["reported-stable", "reported-unstable", "inferred", "unknown"]),
  tare: apiDecimalSchema.nullable(),
});

/** One result of a rapid test. A positive one waits for confirmation: it accuses nobody. */
export const testViewSchema = z.object({
  ...placed,
  instrument: z.string(),
  specimenId: z.string(),
  item: z.string().nullable(),
  assay: z.object({ code: z.string(), name: z.string() }),
  /** As the instrument said it. */
  value: z.string(),
  number: apiDecimalSchema.nullable(),
  unit: z.string(),
  /** By the rule of the assay; `none`: nobody may say, never a pass. */
  verdict: verdictSchema,
  verdictRule: z.string(),
  instrumentVerdict: verdictSchema,
});

/** Any record, as `GET /api/v1/records` shows it. */
export const recordViewSchema = z.object({
  ...placed,
  ep: z.int().positive(),
  eid: apiEpochIdSchema,
  seq: z.int().positive(),
  n: z.int().positive(),
  kind: z.string(),
  /** The gateway's own time of capture, unchanged. */
  wall: z.string(),
  /** Records of a disputed line are kept and shown, never counted. */
  lineStatus: z.enum(["ok", "disputed"]),
  /** False for what adds nothing to the counts: disputed, or a result that the instrument only repeated. */
  counted: z.boolean(),
  body: z.record(z.string(), z.unknown()),
  /** Base64 of the device's own bytes. */
  raw: z.string(),
});

/** `GET /api/v1/records`: in ledger order, or the newest first where `before` is asked for. */
export const recordPageSchema = z.object({
  records: z.array(recordViewSchema),
  /** To be passed as `after` (or `before`) for the next page; null: there is no more now. */
  next: z.int().positive().nullable(),
  /** Ledger number up to which records can be found here, and the ledger's own last number. */
  lsn: apiCountSchema,
  head: apiCountSchema,
});

/** Query of `GET /api/v1/records`. */
export const recordQuerySchema = z.strictObject({
  after: z.coerce.number().int().nonnegative().default(0),
  /** The other way round: those below this ledger number, the newest first; 0: from the newest on. */
  before: z.coerce.number().int().nonnegative().optional(),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  kind: z.string().min(1).max(32).optional(),
  gateway: apiGatewaySchema.optional(),
  device: apiDeviceSchema.optional(),
});

export type WeighingView = z.infer<typeof weighingViewSchema>;
export type TestView = z.infer<typeof testViewSchema>;
export type RecordView = z.infer<typeof recordViewSchema>;
export type RecordPage = z.infer<typeof recordPageSchema>;
export type RecordQuery = z.output<typeof recordQuerySchema>;
