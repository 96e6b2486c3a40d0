import { crc32 } from "node:zlib";
import type { CommitGroup } from "./commit-group.ts";
import { conditionOf } from "./disk-fault.ts";
import type { WriteTarget } from "./group-committer.ts";
import type { LineBook } from "./line-book.ts";
import { addUrgent, type Segment, startRun } from "./segment.ts";
import { footerRoom } from "./segment-format.ts";
import type { OpenSegment, SegmentStore } from "./segment-store.ts";

/** Marks of the segment in use lie so close, because its newest records are the ones read most. */
const activeMarkBytes = 4096;

/** The segment that takes the next commit, and the change to the next one. */
export class ActiveSegment {
  /** All segments with frames, ascending. */
  readonly segments: Segment[];
  /** Full segments whose successor does not hold a durable commit yet. */
  readonly full: OpenSegment[] = [];
  private readonly store: SegmentStore;
  private readonly book: LineBook;
  private current: OpenSegment | undefined;
  private leaving = false;

  constructor(
    parts: { readonly store: SegmentStore; readonly book: LineBook },
    segments: readonly Segment[],
    current: OpenSegment | undefined,
  ) {
    this.store = parts.store;
    this.book = parts.book;
    this.segments = [...segments];
    this.current = current;
  }

  get segment(): Segment | undefined {
    return this.current?.segment;
  }

  get open(): OpenSegment | undefined {
    return this.current;
  }

  /** The next commit goes to a new segment. */
  leave(): void {
    this.leaving = true;
  }

  /** Room for `bytes`. A promise when a new segment has to be waited for. @throws the system's error */
  place(bytes: number, useReserve: boolean): WriteTarget | Promise<WriteTarget> {
    const { current } = this;
    if (current !== undefined && !this.leaving) {
      const { segment, file } = current;
      if (segment.end + bytes + footerRoom(segment.runs, 1) <= segment.size) return { file, position: segment.end };
    }
    return this.change(useReserve);
  }

  /** A group is durable at `position`: takes down what the segment now holds. */
  extend(group: CommitGroup, position: number): void {
    const segment = this.current?.segment;
    if (segment === undefined) return;
    segment.end = position + group.length;
    segment.crc = crc32(group.buffer.subarray(0, group.length), segment.crc);
    if (group.count === 0) return;
    let run = segment.runs.at(-1);
    const firstAt = position + group.firstAt;
    const isNext = run?.line.eid === group.line.eid && run.line.ep === group.line.ep && run.to + 1 === group.first;
    if (run === undefined || !isNext) {
      run = startRun({ ep: group.line.ep, eid: group.line.eid }, group.first, group.prev, firstAt);
      segment.runs.push(run);
      this.book.addRun(segment, run);
    } else if (firstAt - (run.marks.at(-1) ?? 0) >= activeMarkBytes) {
      run.marks.push(group.first, firstAt);
    }
    run.to = group.last;
    run.h = group.h;
    run.sealed = group.last;
    run.bytes += group.recordBytes;
    for (const seq of group.urgent) addUrgent(run, seq);
    this.book.grow(run);
  }

  private async change(useReserve: boolean): Promise<WriteTarget> {
    const next = await this.takeNext(useReserve);
    if (this.current !== undefined) this.full.push(this.current);
    this.current = next;
    this.leaving = false;
    this.segments.push(next.segment);
    return { file: next.file, position: next.segment.end };
  }

  private async takeNext(useReserve: boolean): Promise<OpenSegment> {
    try {
      return await this.store.take();
    } catch (error) {
      const reserve = useReserve && conditionOf(error) === "full" ? await this.store.takeReserve() : undefined;
      if (reserve === undefined) throw error;
      return reserve;
    }
  }
}
