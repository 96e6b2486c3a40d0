import { z } from "zod";
import { witnessSchema } from "./batch.ts";

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const eid = z.string().regex(/^[0-9a-f]{32}$/);
const ep = z.int().positive();
const seq = z.int().positive();
const gen = z.string().regex(/^[0-9a-f]{32}$/);
const wall = z.string().max(64);
const lineRef = z.strictObject({ ep, eid });

/** `[from, to, h(to)]`: h binds every record of the line up to `to`. */
const provenRange = z.tuple([seq, seq, hash]);
/** `[from, to]`. */
const range = z.tuple([seq, seq]);

/** After the ledger's commit: these records are stored, or disputed. Sent again for duplicates. */
export const receiptSchema = z.object({
  v: z.literal(1),
  type: z.literal("receipt"),
  line: lineRef,
  ranges: z.array(provenRange),
  /** Stored as bare digests: the bytes are missing here, so the gateway must keep them. */
  digests: z.array(range),
  disputed: z.array(range),
  gen,
  witness: witnessSchema,
  at: wall,
});

/** Answer to a state: exactly what the centre has of every line it or the gateway knows. */
export const fullReceiptSchema = z.object({
  v: z.literal(1),
  type: z.literal("full"),
  nonce: z.string().max(64),
  lines: z.array(
    z.object({
      ep,
      eid,
      ranges: z.array(provenRange),
      digests: z.array(range),
      missing: z.array(range),
      disputed: z.array(range),
    }),
  ),
  gen,
  witness: witnessSchema,
  at: wall,
});

/** The payload named by its SHA-256 was damaged. The gateway drops nothing because of it. */
export const nackSchema = z.object({
  v: z.literal(1),
  type: z.literal("nack"),
  payload: hash,
  reason: z.string().max(256),
  at: wall,
});

/** The centre could not store now. `wantKeys`: it does not know the sealing key and asks for the key log. */
export const retrySchema = z.object({
  v: z.literal(1),
  type: z.literal("retry"),
  payload: hash.nullable(),
  afterMs: z.int().nonnegative().max(300_000),
  wantKeys: z.boolean(),
  reason: z.string().max(256),
  at: wall,
});

/** Everything that comes down on the receipt topic, signed by the centre's receipt key. */
export const downlinkSchema = z.discriminatedUnion("type", [receiptSchema, fullReceiptSchema, nackSchema, retrySchema]);

export type Receipt = z.infer<typeof receiptSchema>;
export type FullReceipt = z.infer<typeof fullReceiptSchema>;
export type Nack = z.infer<typeof nackSchema>;
export type Retry = z.infer<typeof retrySchema>;
export type Downlink = z.infer<typeof downlinkSchema>;

/** One line as the gateway's outbox knows it. `oldest` is null when all its records were freed or lost. */
export const stateLineSchema = z.object({ ep, eid, head: seq, oldest: seq.nullable() });

const figure = z.number().nonnegative();

/** How a gateway is, by its own word: for watching over it, never a record. */
export const gatewayHealthSchema = z.object({
  /** Records on its disk, those among them without a receipt, and what they take. */
  outboxRecords: figure,
  pendingRecords: figure,
  outboxBytes: figure,
  diskFreeBytes: figure,
  rssBytes: figure,
  /** Processor time since the report before; 100 is one core. */
  cpuPercent: figure,
  /** Bound of its clock's error; null while nobody knows. */
  clockErrorMs: figure.nullable(),
  aheadOfCentreMs: z.number().nullable(),
  reconnects: figure,
  /** Time since the last receipt, while something waits for one. */
  receiptWaitMs: figure.nullable(),
  devices: figure,
  devicesOnline: figure,
});

export type GatewayHealth = z.infer<typeof gatewayHealthSchema>;

/** Retained birth (and, as the will, death) of a line. A hint: liveness is heartbeat and line. */
export const stateSchema = z.object({
  v: z.literal(1),
  nonce: z.string().max(64),
  line: lineRef,
  online: z.boolean(),
  lines: z.array(stateLineSchema),
  /** SHA-256 of the key log the gateway holds. */
  keyHead: hash.nullable(),
  /** Last command sequence number executed and configuration version applied; 0 before the first. */
  cseq: z.int().nonnegative(),
  config: z.int().nonnegative(),
  witness: witnessSchema.nullable(),
  /** Alarms that must get out even when no record can be captured. */
  alarms: z.array(z.object({ code: z.string().max(64), since: wall, detail: z.string().max(512) })),
  /** Left out by gateways that do not say it. */
  health: gatewayHealthSchema.optional(),
  wall,
});

export type StateLine = z.infer<typeof stateLineSchema>;
export type State = z.infer<typeof stateSchema>;

/** The gateway does not have these records any more. */
export const goneSchema = z.object({
  v: z.literal(1),
  line: lineRef,
  from: seq,
  to: seq,
  /** The receipt under which they were freed, or null when there was none. */
  receipt: z.object({ gen, h: hash }).nullable(),
  reason: z.enum(["freed", "lost"]),
});

export type Gone = z.infer<typeof goneSchema>;
