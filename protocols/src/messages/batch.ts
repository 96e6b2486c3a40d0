import { z } from "zod";
import { concat, fromHex, fromUtf8, toHex, utf8 } from "../bytes/bytes.ts";
import { gatewayIdPattern } from "../chain/line.ts";
import { sealWallPattern } from "../chain/seal.ts";
import type { Sha256 } from "../crypto/crypto-port.ts";
import { MingchengError } from "../errors/mingcheng-error.ts";
import { maxRecordBytes } from "../records/record.ts";

/** At most so many records in a batch. */
export const maxBatchRecords = 512;
/** At most so many bytes of records in a batch before compression, unless a single record alone is larger. */
export const maxBatchBytes = 256 * 1024;
/** Nothing larger is ever inflated: records, header and trailer. */
export const maxInflatedBytes = maxBatchBytes + maxRecordBytes + 8 * 1024;
/** Batches above this size are sent gzipped. */
export const gzipAboveBytes = 1024;

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const lineRef = z.strictObject({ ep: z.int().positive(), eid: z.string().regex(/^[0-9a-f]{32}$/) });

/** A centre's count of lines seen, under one ledger generation. Shown back by gateways, it proves what they had heard. */
export const witnessSchema = z.strictObject({ gen: z.string().regex(/^[0-9a-f]{32}$/), n: z.int().nonnegative() });
export type Witness = z.infer<typeof witnessSchema>;

/** First line of a batch. */
export const batchHeaderSchema = z.object({
  v: z.literal(1),
  gw: z.string().regex(gatewayIdPattern),
  line: lineRef,
  /** Sequence number of the first record. */
  first: z.int().positive(),
  count: z.int().positive().max(maxBatchRecords),
  /** h(first-1). */
  prev: hash,
  /** Seal over the last record. */
  seal: z.strictObject({
    wall: z.string().regex(sealWallPattern),
    kid: z.string().regex(/^[0-9a-f]{16}$/),
    sig: z.base64(),
  }),
  /** The sender's running line, which may be a successor of `line`. */
  sender: lineRef,
  /** Last witness the sender has received, null before the first. */
  witness: witnessSchema.nullable(),
  lane: z.enum(["live", "backlog"]),
});

export type BatchHeader = z.infer<typeof batchHeaderSchema>;

/** One entry of a batch: a record's bytes, or only its digest where the centre refused the bytes three times. */
export type BatchItem = { readonly bytes: Uint8Array } | { readonly digest: Uint8Array };

/**
 * Encodes a batch (before compression): header, one line per item, and a trailer `{"sha256":…}` over all bytes before
 * the trailer, so that damage on the way is told from a bad seal.
 */
export const encodeBatch = (
  sha256: Sha256,
  header: BatchHeader,
  items: readonly BatchItem[],
): Uint8Array<ArrayBuffer> => {
  const lines: Uint8Array[] = [utf8(`${JSON.stringify(header)}\n`)];
  for (const item of items) {
    lines.push("bytes" in item ? item.bytes : utf8(`{"d":"${toHex(item.digest)}"}`), Uint8Array.of(0x0a));
  }
  const covered = concat(...lines);
  return concat(covered, utf8(`{"sha256":"${toHex(sha256(covered))}"}`));
};

/** A batch as received and unpacked. */
export interface Batch {
  readonly header: BatchHeader;
  readonly items: readonly BatchItem[];
}

const damaged = (message: string, field: string): MingchengError =>
  new MingchengError("MESSAGE_DAMAGED", message, { field });

const parseItem = (line: Uint8Array): BatchItem => {
  // `{"d":"` + 64 digits + `"}`: no record is that short, so the two never meet.
  if (line.length === 72) {
    const digest = /^\{"d":"([0-9a-f]{64})"\}$/.exec(fromUtf8(line) ?? "")?.[1];
    const octets = digest === undefined ? undefined : fromHex(digest);
    if (octets !== undefined) return { digest: octets };
  }
  if (line.length > maxRecordBytes) throw damaged("a record is larger than 64 KiB", "records");
  return { bytes: line };
};

/**
 * Unpacks a batch (already inflated) and checks its form and trailer. Says nothing yet of chain or seal.
 * The items are views of `payload`.
 * @throws {MingchengError} MESSAGE_DAMAGED naming the field
 */
export const parseBatch = (sha256: Sha256, payload: Uint8Array): Batch => {
  if (payload.length > maxInflatedBytes) throw damaged(`${payload.length} bytes`, "size");
  const trailerAt = payload.lastIndexOf(0x0a) + 1;
  const trailer = /^\{"sha256":"([0-9a-f]{64})"\}$/.exec(fromUtf8(payload.subarray(trailerAt)) ?? "")?.[1];
  const covered = payload.subarray(0, trailerAt);
  if (trailer === undefined || toHex(sha256(covered)) !== trailer)
    throw damaged("digest does not fit the bytes", "trailer");
  const lines: Uint8Array[] = [];
  for (let at = 0; at < covered.length; ) {
    const end = covered.indexOf(0x0a, at);
    lines.push(covered.subarray(at, end));
    at = end + 1;
  }
  const headerText = fromUtf8(lines[0] ?? new Uint8Array());
  let header: BatchHeader;
  try {
    header = batchHeaderSchema.parse(JSON.parse(headerText ?? ""));
  } catch (cause) {
    throw new MingchengError("MESSAGE_DAMAGED", "header does not parse", { field: "header", cause });
  }
  if (lines.length - 1 !== header.count) throw damaged(`${lines.length - 1} lines, ${header.count} announced`, "count");
  return { header, items: lines.slice(1).map(parseItem) };
};
