import { promisify } from "node:util";
import { constants, gzip } from "node:zlib";
import {
  type BatchHeader,
  type BatchItem,
  encodeBatch,
  fromHex,
  gzipAboveBytes,
  type LineOfGateway,
  maxBatchBytes,
  maxBatchRecords,
  recordDigest,
  type Signer,
  sealAt,
  toHex,
  type UplinkEffect,
} from "@mingcheng/protocols";
import { nodeCrypto } from "../crypto/node-crypto.ts";
import type { Outbox } from "../outbox/outbox.ts";

/** What a batch is built with. */
export interface BatchParts {
  readonly gw: string;
  readonly signer: Signer;
  readonly outbox: Pick<Outbox, "read">;
  readonly wall: () => string;
}

/** A batch ready to publish. `h` is h(last), `payloadHash` SHA-256 of `payload`, both hexadecimal. */
export interface BuiltBatch {
  readonly payload: Uint8Array;
  readonly payloadHash: string;
  readonly first: number;
  readonly last: number;
  readonly h: string;
}

const compress = promisify(gzip);
/** Level 1 is three times as fast as the default and costs a tenth more bytes (records share most of their text). */
const compression = { level: constants.Z_BEST_SPEED };
const limits = { maxRecords: maxBatchRecords, maxBytes: maxBatchBytes };

/**
 * Reads what the effect asks for, as much of it as one batch may hold, seals its end and encodes it. Compression runs on
 * another thread.
 * @throws {OutboxDamagedError} naming what is not readable; the system's error when the disk fails
 */
export const buildBatch = async (
  { gw, signer, outbox, wall }: BatchParts,
  sender: LineOfGateway,
  { line, first, maxLast, lane, digestOnly, witness }: UplinkEffect & { readonly type: "send" },
): Promise<BuiltBatch> => {
  const read = await outbox.read(line, first, maxLast, limits);
  const items = read.records.map(
    (bytes): BatchItem => (digestOnly ? { digest: recordDigest(nodeCrypto.sha256, bytes) } : { bytes }),
  );
  const h = fromHex(read.h) ?? new Uint8Array(32);
  const header: BatchHeader = {
    v: 1,
    gw,
    line: { ep: line.ep, eid: line.eid },
    first: read.first,
    count: items.length,
    prev: read.prev,
    seal: sealAt(signer, { gw, ...line }, read.last, h, wall()),
    sender: { ep: sender.ep, eid: sender.eid },
    witness,
    lane,
  };
  const plain = encodeBatch(nodeCrypto.sha256, header, items);
  const payload = plain.length > gzipAboveBytes ? await compress(plain, compression) : plain;
  return { payload, payloadHash: toHex(nodeCrypto.sha256(payload)), first: read.first, last: read.last, h: read.h };
};
