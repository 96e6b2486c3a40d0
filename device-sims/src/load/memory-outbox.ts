import {
  type BatchItem,
  type CryptoPort,
  chainLink,
  chainStart,
  encodeRecord,
  type Line,
  type MingchengRecord,
  maxBatchBytes,
  maxBatchRecords,
  type RecordTime,
  recordDigest,
  toHex,
} from "@mingcheng/protocols";

/** What a caller says of a new record; the rest of the envelope is filled in here. */
export type RecordDraft = Pick<MingchengRecord, "dev" | "kind" | "body" | "raw">;

/** A run of records for one batch. `prev` is h(first-1), `h` is h(last). */
export interface MemoryBatch {
  readonly items: readonly BatchItem[];
  readonly prev: Uint8Array;
  readonly last: number;
  readonly h: Uint8Array;
}

const hashBytes = 32;

/**
 * The records of one line in memory: the chain is the protocol's, the durability is not. It stands in for a gateway's
 * outbox where the centre is what is measured. Memory per record: its bytes until {@link MemoryOutbox.release}, and 32.
 */
export class MemoryOutbox {
  readonly line: Line;
  private readonly crypto: CryptoPort;
  private readonly newSalt: () => string;
  private readonly records: (Uint8Array | undefined)[] = [];
  private readonly counts = new Map<string, number>();
  private hashes: Buffer;
  /** Everything up to here was released. */
  private released = 0;

  constructor(options: { readonly line: Line; readonly crypto: CryptoPort; readonly newSalt: () => string }) {
    this.line = options.line;
    this.crypto = options.crypto;
    this.newSalt = options.newSalt;
    this.hashes = Buffer.alloc(hashBytes * 1024);
    this.hashes.set(chainStart(options.crypto.sha256, options.line), 0);
  }

  /** Sequence number of the newest record; 0 when there is none. */
  get head(): number {
    return this.records.length;
  }

  /** Everything up to here was released: its bytes are gone. */
  get releasedTo(): number {
    return this.released;
  }

  /** Serialises and chains one record; returns its sequence number. @throws {MingchengError} RECORD_TOO_LARGE */
  append(draft: RecordDraft, t: RecordTime): number {
    const { gw, ep, eid } = this.line;
    const seq = this.records.length + 1;
    const n = (this.counts.get(draft.dev) ?? 0) + 1;
    const bytes = encodeRecord({ v: 1, gw, ep, eid, seq, ...draft, n, t, salt: this.newSalt() });
    const { sha256 } = this.crypto;
    const h = chainLink(sha256, this.h(seq - 1), recordDigest(sha256, bytes));
    this.counts.set(draft.dev, n);
    this.records.push(bytes);
    if ((seq + 1) * hashBytes > this.hashes.length) {
      this.hashes = Buffer.concat([this.hashes], this.hashes.length * 2);
    }
    this.hashes.set(h, seq * hashBytes);
    return seq;
  }

  /** h(seq) of any record ever appended, and h(0). */
  h(seq: number): Uint8Array {
    return this.hashes.subarray(seq * hashBytes, (seq + 1) * hashBytes);
  }

  /** h(seq) in hexadecimal; undefined for what was never appended. */
  hashAt(seq: number): string | undefined {
    return seq >= 0 && seq <= this.head ? toHex(this.h(seq)) : undefined;
  }

  /** Records from `first` on, at most to `maxLast`, within the batch limits; undefined when `first` is released. */
  batch(first: number, maxLast: number): MemoryBatch | undefined {
    const items: BatchItem[] = [];
    let size = 0;
    for (let seq = first; seq <= Math.min(maxLast, this.head) && items.length < maxBatchRecords; seq++) {
      const bytes = this.records[seq - 1];
      if (bytes === undefined) break;
      size += bytes.length + 1;
      if (size > maxBatchBytes && items.length > 0) break;
      items.push({ bytes });
    }
    if (items.length === 0) return undefined;
    const last = first + items.length - 1;
    return { items, prev: this.h(first - 1), last, h: this.h(last) };
  }

  /** Drops the bytes of every leading record for which `isDone` holds. Returns the released range, or undefined. */
  release(isDone: (from: number, to: number) => boolean): { readonly from: number; readonly to: number } | undefined {
    const from = this.released + 1;
    while (this.released + maxBatchRecords <= this.head) {
      const to = this.released + maxBatchRecords;
      if (!isDone(this.released + 1, to)) break;
      for (let seq = this.released + 1; seq <= to; seq++) this.records[seq - 1] = undefined;
      this.released = to;
    }
    return this.released >= from ? { from, to: this.released } : undefined;
  }
}
