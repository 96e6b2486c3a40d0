import { z } from "zod";

const count = z.number().nonnegative();
const time = z.string();
/** What to do about it, in both languages; null while nothing is wrong. */
const next = z.object({ zh: z.string(), en: z.string() }).nullable();

const deviceSchema = z.object({
  id: z.string(),
  protocol: z.string(),
  address: z.string(),
  insecureTransport: z.boolean(),
  state: z.enum(["opening", "connected", "online", "offline", "silent", "parked"]),
  since: time,
  reason: z.string(),
  connections: count,
  /** Local time of the last valid frame, and of the last reading that became a record. */
  lastFrameAt: time.nullable(),
  lastCapturedAt: time.nullable(),
  /** Records by kind. */
  captured: z.record(z.string(), count),
  missed: count,
  quarantined: count,
  frames: count,
  discardedBytes: z.record(z.string(), count),
  /** Everything else the driver counts, as `metric` or `metric:reason`. */
  counters: z.record(z.string(), count),
  next,
});

const outboxSchema = z.object({
  state: z.enum(["opening", "ok", "full", "read-only", "io-error"]),
  since: time,
  detail: z.string(),
  bufferedRecords: count,
  bufferedBytes: count,
  segments: count,
  freeBytes: count,
  commits: count,
  faults: count,
  pendingBytes: count,
  nextSegmentReady: z.boolean(),
  /** False while older records are still being verified in the background. */
  verified: z.boolean(),
  next,
});

const uplinkSchema = z.object({
  /** `ready`: connected, and the centre has said what it holds. */
  state: z.enum(["down", "connected", "ready"]),
  pending: count,
  inFlight: count,
  lastReceiptAt: time.nullable(),
  reconnects: count,
  batchesSent: count,
  recordsSent: count,
  bytesSent: count,
  freedRecords: count,
  liveSent: count,
  liveDropped: count,
  refusedDownlinks: count,
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  next,
});

const intakeSchema = z.object({
  listeners: z.array(
    z.object({
      url: z.string(),
      insecureTransport: z.boolean(),
      state: z.enum(["listening", "failed"]),
      connections: count,
      error: z.object({ code: z.string(), message: z.string() }).nullable(),
    }),
  ),
  /** Messages that became records, came again, were signs of life; were refused and kept, with a used id among them. */
  captured: count,
  repeated: count,
  heartbeats: count,
  refused: count,
  reused: count,
  /** Sales with an amount that does not fit. */
  flagged: count,
  /** Messages that could not be stored and were not acknowledged. */
  failed: count,
  connections: count,
  refusedConnections: count,
  refusedLogins: count,
  refusedTopics: count,
  cutStreams: count,
  lockedAddresses: count,
  next,
});

/** What `/status` answers. */
export const statusSchema = z.object({
  v: z.literal(1),
  /** `failed`: nothing can be captured now. `attention`: something wants to be looked at. */
  state: z.enum(["starting", "ok", "attention", "failed"]),
  gw: z.string(),
  site: z.string(),
  centreName: z.string(),
  software: z.object({ name: z.string(), version: z.string() }),
  pid: count,
  startedAt: time,
  uptimeMs: count,
  rssBytes: count,
  /** The running line; `head` is its last durable sequence number. */
  line: z.object({ ep: count, eid: z.string(), head: count }).nullable(),
  clock: z.object({
    wall: time,
    sync: z.enum(["ntp", "rtc", "receipt", "none"]),
    errMs: z.number().nullable(),
    isBehind: z.boolean(),
    steps: count,
    /** How far it was ahead of the centre at the last answer, in milliseconds; null: not known. */
    aheadOfCentreMs: z.number().nullable(),
    next,
  }),
  /** Key id of the key that seals now. */
  kid: z.string(),
  outbox: outboxSchema,
  capture: z.object({
    /** Devices and reasons of which a gap record is still to be written. */
    gapsWaiting: count,
    recordsWaiting: count,
    recordsDiscarded: count,
    quarantine: z.object({ directory: z.string(), files: count, bytes: count, kept: count, deleted: count }),
    next,
  }),
  uplink: uplinkSchema,
  devices: z.array(deviceSchema),
  /** Place reached in the sequence of the centre's commands; version of its configuration that runs, 0: this box's own. */
  centre: z.object({ cseq: count, configuration: count }),
  /** Null where no LAN intake is configured. */
  intake: intakeSchema.nullable(),
  alarms: z.array(z.object({ code: z.string(), since: time, detail: z.string(), zh: z.string(), en: z.string() })),
});

/** See {@link statusSchema}. */
export type GatewayStatus = z.output<typeof statusSchema>;
/** One device in it. */
export type StatusDevice = GatewayStatus["devices"][number];
/** A next step, or null while nothing is wrong. */
export type NextStep = z.output<typeof next>;
