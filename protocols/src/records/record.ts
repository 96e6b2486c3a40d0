import { z } from "zod";
import { fromUtf8, utf8 } from "../bytes/bytes.ts";
import { deviceIdPattern, gatewayIdPattern } from "../chain/line.ts";
import { MingchengError } from "../errors/mingcheng-error.ts";
import { recordTimeSchema } from "./record-time.ts";

/** Largest record, without its line feed. */
export const maxRecordBytes = 64 * 1024;

/** Record kinds of schema version 1. A newer gateway may send others: they are stored, receipted and quarantined by the projections. */
export const recordKinds = [
  "epoch",
  "weighing",
  "sale",
  "test",
  "scale-event",
  "camera",
  "device",
  "clock",
  "gap",
  "config",
  "command",
  "audit",
] as const;

export type RecordKind = (typeof recordKinds)[number];

/**
 * Kinds that go ahead of an outage's backlog one by one, so that a fresh positive test never waits behind old weighings.
 */
export const urgentKinds: readonly RecordKind[] = ["test", "scale-event", "gap", "camera", "device"];

/** The envelope every record has, whatever its kind. `body` is checked by kind, see `bodies.ts`. */
export const recordSchema = z.strictObject({
  v: z.literal(1),
  gw: z.string().regex(gatewayIdPattern),
  ep: z.int().positive(),
  eid: z.string().regex(/^[0-9a-f]{32}$/),
  /** Continuous from 1 within the line. */
  seq: z.int().positive(),
  /** Device id, or the gateway's own id for records about itself. */
  dev: z.string().regex(deviceIdPattern),
  /** The device's own count, from 1 within the line. */
  n: z.int().positive(),
  kind: z.string().min(1).max(32),
  t: recordTimeSchema,
  /** 128 random bits in hexadecimal, so that a withheld record cannot be guessed from its digest. */
  salt: z.string().regex(/^[0-9a-f]{32}$/),
  body: z.record(z.string(), z.unknown()),
  /** Base64 of the device's own bytes for this reading; empty where no device spoke. */
  raw: z.base64(),
});

export type MingchengRecord = z.infer<typeof recordSchema>;

/**
 * Serialises a record: once, at capture. These bytes are what is hashed, stored, sent and verified from then on.
 * @throws {MingchengError} RECORD_TOO_LARGE above 64 KiB
 */
export const encodeRecord = (record: MingchengRecord): Uint8Array<ArrayBuffer> => {
  const { v, gw, ep, eid, seq, dev, n, kind, t, salt, body, raw } = record;
  const bytes = utf8(JSON.stringify({ v, gw, ep, eid, seq, dev, n, kind, t, salt, body, raw }));
  if (bytes.length > maxRecordBytes) {
    throw new MingchengError("RECORD_TOO_LARGE", `${dev}: ${bytes.length} bytes`, { field: "body" });
  }
  return bytes;
};

/** What a reader makes of a record's bytes: the record, or why it is not one (the bytes stay stored either way). */
export type DecodedRecord =
  | { readonly ok: true; readonly record: MingchengRecord }
  | { readonly ok: false; readonly reason: string };

/** Parses and checks the envelope. Never throws: the reason names the field. */
export const decodeRecord = (bytes: Uint8Array): DecodedRecord => {
  if (bytes.length > maxRecordBytes) return { ok: false, reason: "larger than 64 KiB" };
  const text = fromUtf8(bytes);
  if (text === undefined) return { ok: false, reason: "not UTF-8" };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, reason: "not JSON" };
  }
  const parsed = recordSchema.safeParse(value);
  if (parsed.success) return { ok: true, record: parsed.data };
  const issue = parsed.error.issues[0];
  return { ok: false, reason: `${issue?.path.join(".") || "record"}: ${issue?.message ?? "invalid"}` };
};
