import { chainLink, chainStart, fromHex, type LineOfGateway, type Sha256 } from "@mingcheng/protocols";
import { isUnreadable, OutboxDamagedError, systemCode } from "./disk-fault.ts";
import { checkFrame, eidAt, epAt, frameTypes, hashFieldAt, maxFrameBytes, payloadAt, seqAt, typeAt } from "./frame.ts";
import type { LineBook, Place } from "./line-book.ts";
import type { OutboxFile, OutboxFiles } from "./outbox-files.ts";
import type { ReadRecords } from "./outbox-port.ts";
import { markBefore } from "./segment.ts";
import { readAround } from "./tolerant-read.ts";

export interface ReadLimits {
  readonly maxRecords: number;
  readonly maxBytes: number;
}

export interface RecordReaderOptions {
  readonly files: OutboxFiles;
  readonly sha256: Sha256;
  readonly gw: string;
  readonly book: LineBook;
}

/** Records as they are gathered; `prev` is h(first-1), `h` h of the last. */
interface Gathered {
  prev: Uint8Array | undefined;
  h: Uint8Array;
  bytes: number;
  records: Uint8Array[];
}

/** Behind a mark the wanted record is at most so far away. */
const smallestWindowBytes = 2 * maxFrameBytes;

const notThere = (line: LineOfGateway, from: number, to: number): OutboxDamagedError =>
  new OutboxDamagedError({ from, to }, `records ${from}-${to} of line ${line.ep}.${line.eid} are not on disk`);

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** Walks the frames of one run, reading ahead in windows. */
class FrameWalk {
  buffer = Buffer.alloc(0);
  at = 0;
  private readonly file: OutboxFile;
  private readonly end: number;
  private readonly windowBytes: number;
  private base: number;
  private filled = 0;

  constructor(file: OutboxFile, from: number, end: number, windowBytes: number) {
    this.file = file;
    this.base = from;
    this.end = end;
    this.windowBytes = windowBytes;
  }

  /** Moves to the frame `skip` bytes ahead; its size, 0 when there is no intact frame, or the end is reached. */
  async next(skip: number): Promise<number> {
    this.at += skip;
    const size = checkFrame(this.buffer, this.at, this.filled);
    if (size > 0) return size;
    this.base += this.at;
    this.at = 0;
    // A new buffer: records handed out are views of the old one.
    this.filled = 0;
    const wanted = Math.min(this.windowBytes, this.end - this.base);
    if (wanted <= 0) return 0;
    this.buffer = Buffer.allocUnsafe(wanted);
    this.filled = await readAround(this.file, this.buffer, wanted, this.base);
    return Math.max(0, checkFrame(this.buffer, 0, this.filled));
  }
}

/**
 * Reads records back, every one checked by CRC and chain, the last against its successor or the run's known end.
 * Memory in use is one window per read, whatever the size of the outbox.
 */
export class RecordReader {
  private readonly options: RecordReaderOptions;

  constructor(options: RecordReaderOptions) {
    this.options = options;
  }

  /** See `Outbox.read`. A damaged place is reported as the single record at which reading stopped. */
  async read(line: LineOfGateway, first: number, maxLast: number, limits: ReadLimits): Promise<ReadRecords> {
    const gathered: Gathered = { prev: undefined, h: new Uint8Array(), bytes: 0, records: [] };
    let next = first;
    while (next <= maxLast && gathered.records.length < limits.maxRecords) {
      const place = this.options.book.find(line, next);
      if (place === undefined) break;
      const taken = await this.readPlace(place, next, Math.min(maxLast, place.run.to), limits, gathered);
      next += taken;
      if (next <= place.run.to) break;
    }
    const { prev, h, records } = gathered;
    if (prev === undefined || records.length === 0) throw this.absent(line, first, maxLast);
    return { first, last: first + records.length - 1, prev: hex(prev), h: hex(h), records };
  }

  /** See `Outbox.hashAt`. */
  async hashAt(line: LineOfGateway, seq: number): Promise<string | undefined> {
    const { book, sha256, gw } = this.options;
    const entry = book.get(line);
    if (entry === undefined) return undefined;
    if (seq === 0) return hex(chainStart(sha256, { gw, ...entry.line }));
    if (seq === entry.head && entry.headH !== null) return entry.headH;
    const freed = entry.freed.find(({ to }) => to === seq);
    if (freed !== undefined) return freed.h;
    const place = book.find(line, seq);
    if (place === undefined) {
      const next = book.find(line, seq + 1);
      return next?.run.from === seq + 1 ? next.run.prev : undefined;
    }
    if (place.run.to === seq) return place.run.h;
    try {
      return (await this.read(line, seq, seq, { maxRecords: 1, maxBytes: 1 })).h;
    } catch (error) {
      if (error instanceof OutboxDamagedError) return undefined;
      throw error;
    }
  }

  private absent(line: LineOfGateway, first: number, maxLast: number): OutboxDamagedError {
    const next = this.options.book.get(line)?.places.find(({ run }) => run.from > first)?.run.from;
    return notThere(line, first, Math.max(first, Math.min(maxLast, (next ?? maxLast + 1) - 1)));
  }

  private async readPlace(
    place: Place,
    first: number,
    last: number,
    limits: ReadLimits,
    gathered: Gathered,
  ): Promise<number> {
    const { run, segment } = place;
    let file: OutboxFile;
    try {
      file = await this.options.files.open(segment.path, "read");
    } catch (error) {
      // Freed while we were on the way, deleted by somebody, or destroyed.
      if (systemCode(error) === "ENOENT" || isUnreadable(error)) throw notThere(run.line, first, last);
      throw error;
    }
    try {
      const window = Math.min(limits.maxBytes + smallestWindowBytes, 1024 * 1024);
      const walk = new FrameWalk(file, markBefore(run, first), segment.end, window);
      return await this.walkRun(walk, place, first, last, limits, gathered);
    } finally {
      await file.close();
    }
  }

  private async walkRun(
    walk: FrameWalk,
    { run }: Place,
    first: number,
    last: number,
    limits: ReadLimits,
    gathered: Gathered,
  ): Promise<number> {
    const { sha256 } = this.options;
    const eid = fromHex(run.line.eid) ?? new Uint8Array();
    let seq = first;
    for (let size = await walk.next(0); seq <= last; size = await walk.next(size)) {
      if (size === 0) return this.stopped(run.line, first, seq, gathered);
      const { buffer, at } = walk;
      const isOurs = typeAt(buffer, at) === frameTypes.record && seqAt(buffer, at) >= seq;
      if (!isOurs || epAt(buffer, at) !== run.line.ep || !eidAt(buffer, at).equals(eid)) continue;
      const prev = hashFieldAt(buffer, at);
      if (seqAt(buffer, at) !== seq) return this.stopped(run.line, first, seq, gathered);
      if (gathered.prev !== undefined && !prev.equals(gathered.h)) {
        // The record before this one was altered: it must not be handed out.
        gathered.records.pop();
        throw notThere(run.line, seq - 1, seq - 1);
      }
      const payload = payloadAt(buffer, at);
      if (gathered.records.length > 0 && gathered.bytes + payload.length > limits.maxBytes) break;
      gathered.prev ??= Buffer.from(prev);
      gathered.h = chainLink(sha256, prev, sha256(payload));
      gathered.bytes += payload.length;
      gathered.records.push(payload);
      seq++;
      if (gathered.records.length >= limits.maxRecords) break;
    }
    await this.checkEnd(walk, run, seq, gathered);
    return seq - first;
  }

  /** The last record handed out is proven by the h that follows it. */
  private async checkEnd(walk: FrameWalk, run: Place["run"], next: number, gathered: Gathered): Promise<void> {
    const expected = next > run.to ? run.h : await this.prevOf(walk, run, next);
    if (expected !== undefined && hex(gathered.h) !== expected) throw notThere(run.line, next - 1, next - 1);
  }

  /** h(next-1) as the frame of `next` states it; undefined when that frame cannot be read. */
  private async prevOf(walk: FrameWalk, run: Place["run"], next: number): Promise<string | undefined> {
    for (let size = await walk.next(0); size > 0; size = await walk.next(size)) {
      const { buffer, at } = walk;
      if (typeAt(buffer, at) !== frameTypes.record || epAt(buffer, at) !== run.line.ep) continue;
      if (seqAt(buffer, at) === next) return hashFieldAt(buffer, at).toString("hex");
      if (seqAt(buffer, at) > next) return undefined;
    }
    return undefined;
  }

  /** No intact frame where `seq` should be: what was read before it stands, if anything was. */
  private stopped(line: LineOfGateway, first: number, seq: number, gathered: Gathered): number {
    if (gathered.records.length === 0) throw notThere(line, seq, seq);
    return seq - first;
  }
}
