import { chainLink, eidOctets, fromHex, type Line, type Seal, type Sha256 } from "@mingcheng/protocols";
import { frameBytes, frameTypes, writeFrame } from "./frame.ts";
import type { Appended } from "./outbox-port.ts";
import { maxGroupBytes } from "./segment.ts";

/** Room kept in every group for its seal: JSON of wall (≤ 64), kid and signature. */
const sealRoom = frameBytes(320);

/** Where a line stands: what the next record is chained to. */
export interface ChainHead {
  readonly line: Line;
  readonly eid: Uint8Array;
  seq: number;
  h: Uint8Array;
}

/** The head of a line before its first record; `h` is h(0). */
export const chainHead = (line: Line, h: Uint8Array): ChainHead => ({ line, eid: eidOctets(line.eid), seq: 0, h });

/** One caller waiting for its record to be durable. */
interface Waiter {
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: unknown) => void;
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex");

/** What one durable commit writes: frames ready for the disk, and who waits for them. */
export class CommitGroup {
  readonly buffer: Buffer;
  readonly line: Line;
  /** h(first-1), hexadecimal. */
  prev = "";
  first = 0;
  count = 0;
  length = 0;
  /** Offset of the first record's frame within the group. */
  firstAt = 0;
  recordBytes = 0;
  readonly urgent: number[] = [];
  /** A seal made while the group still gathered; of use if nothing was added since. */
  early: { readonly seq: number; readonly seal: Seal } | undefined;
  private readonly hashes: Uint8Array[] = [];
  private readonly waiters: Waiter[] = [];

  constructor(line: Line, buffer: Buffer = Buffer.allocUnsafe(maxGroupBytes)) {
    this.line = line;
    this.buffer = buffer;
  }

  get last(): number {
    return this.first + this.count - 1;
  }

  /** h(last), hexadecimal. */
  get h(): string {
    const last = this.hashes.at(-1);
    return last === undefined ? this.prev : hex(last);
  }

  /** True when a record of `bytes` and the seal still fit. */
  hasRoom(bytes: number): boolean {
    return this.length + frameBytes(bytes) + sealRoom <= maxGroupBytes;
  }

  /** Adds the frame that says a line begins here; `text` is for people. */
  addLineOpen(head: ChainHead, text: string): void {
    const { line, eid, h } = head;
    const fields = { type: frameTypes.lineOpen, urgent: false, ep: line.ep, eid, seq: 0, hash: h };
    this.length += writeFrame(this.buffer, this.length, fields, Buffer.from(text));
  }

  /** Adds the next record of the line and moves `head`. */
  addRecord(sha256: Sha256, head: ChainHead, bytes: Uint8Array, urgent: boolean, waiter: Waiter): void {
    const seq = head.seq + 1;
    if (this.count === 0) {
      this.first = seq;
      this.firstAt = this.length;
      this.prev = hex(head.h);
    }
    const fields = { type: frameTypes.record, urgent, ep: head.line.ep, eid: head.eid, seq, hash: head.h };
    this.length += writeFrame(this.buffer, this.length, fields, bytes);
    this.count += 1;
    this.recordBytes += bytes.length;
    if (urgent) this.urgent.push(seq);
    head.seq = seq;
    head.h = chainLink(sha256, head.h, sha256(bytes));
    this.hashes.push(head.h);
    this.waiters.push(waiter);
  }

  /** Adds a seal over `h` = h(seq) of a line. */
  addSeal(line: { readonly ep: number; readonly eid: Uint8Array }, seq: number, h: Uint8Array, seal: Seal): void {
    const fields = { type: frameTypes.seal, urgent: false, ep: line.ep, eid: line.eid, seq, hash: h };
    this.length += writeFrame(this.buffer, this.length, fields, Buffer.from(JSON.stringify(seal)));
  }

  /** The frames are durable. */
  resolve(): void {
    for (const [index, waiter] of this.waiters.entries()) {
      waiter.resolve({ line: this.line, seq: this.first + index, h: hex(this.hashes[index] ?? new Uint8Array()) });
    }
  }

  /** The frames are not durable and never will be. */
  reject(error: unknown): void {
    for (const waiter of this.waiters) waiter.reject(error);
  }

  /** h(last), 32 octets. */
  get lastHash(): Uint8Array {
    return this.hashes.at(-1) ?? fromHex(this.prev) ?? new Uint8Array(32);
  }
}
