import {
  type Interval,
  IntervalSet,
  type LineInventory,
  type LineOfGateway,
  lineKey,
  type Signer,
} from "@mingcheng/protocols";

/** One record as the outbox keeps it. */
export interface Frame {
  readonly line: LineOfGateway;
  readonly seq: number;
  /** h(seq-1) and h(seq), hexadecimal. */
  readonly prev: string;
  readonly h: string;
  readonly bytes: Uint8Array;
  readonly isUrgent: boolean;
  /** On the disk itself, not only in the system's cache. */
  isSynced: boolean;
}

/** What a state file remembers of a line, whether or not its records are still there. */
interface RememberedLine extends LineOfGateway {
  head: number;
  readonly freed: (Interval & { readonly h: string; readonly gen: string })[];
}

/** A stretch of one line that was freed. `h` is h(to). */
export interface FreedRun extends Interval {
  readonly line: LineOfGateway;
  readonly h: string;
}

/** The keys on a disk: every key it ever had, the last in use; and the rotations between them. */
export interface DiskKeys {
  readonly signer: Signer;
  readonly statements: readonly Uint8Array[];
}

type IsFreeable = (line: LineOfGateway, from: number, to: number) => "receipted" | "disputed" | "no";

const framesPerSegment = 6;

/**
 * A gateway's disk: frames in segments, some of them only in the system's cache; a state file with what was freed; the
 * marker. Survives its process; can be copied as an image.
 */
export class SimDisk {
  marker = 0;
  keys: DiskKeys;
  segments: Frame[][] = [[]];
  private readonly remembered = new Map<string, RememberedLine>();
  private frames = new Map<string, Map<number, Frame>>();

  constructor(keys: DiskKeys) {
    this.keys = keys;
  }

  /** An image taken now: what is in the cache only is not part of it. */
  image(): SimDisk {
    const copy = new SimDisk(this.keys);
    copy.marker = this.marker;
    copy.segments = this.segments.map((segment) =>
      segment.filter((frame) => frame.isSynced).map((frame) => ({ ...frame })),
    );
    for (const [key, line] of this.remembered) copy.remembered.set(key, { ...line, freed: [...line.freed] });
    copy.reindex();
    return copy;
  }

  append(frame: Frame): void {
    let segment = this.segments.at(-1) as Frame[];
    if (segment.length >= framesPerSegment) {
      segment = [];
      this.segments.push(segment);
      this.saveState();
    }
    segment.push(frame);
    this.indexOf(frame.line).set(frame.seq, frame);
  }

  frame(line: LineOfGateway, seq: number): Frame | undefined {
    return this.frames.get(lineKey(line))?.get(seq);
  }

  /** h(seq), as far as anything on the disk tells it. */
  hashAt(line: LineOfGateway, seq: number): string | undefined {
    const here = this.frame(line, seq)?.h ?? this.frame(line, seq + 1)?.prev;
    return here ?? this.remembered.get(lineKey(line))?.freed.find(({ to }) => to === seq)?.h;
  }

  /** All frames, oldest first. */
  *all(): Iterable<Frame> {
    for (const segment of this.segments) yield* segment;
  }

  /** The newest intact record: what an epoch record names as its predecessor. */
  lastIntact(): Frame | undefined {
    return this.segments.findLast((segment) => segment.length > 0)?.at(-1);
  }

  /** True when the state file or a frame tells of this record. */
  knows(line: LineOfGateway, seq: number): boolean {
    const remembered = this.remembered.get(lineKey(line));
    return this.frame(line, seq) !== undefined || (remembered?.head ?? 0) >= seq;
  }

  /** A line is opened: its epoch number is remembered before its first record is written. */
  openLine(line: LineOfGateway): void {
    this.marker = Math.max(this.marker, line.ep);
    this.remembered.set(lineKey(line), { ...line, head: 0, freed: [] });
    this.saveState();
  }

  syncAll(): void {
    for (const frame of this.all()) frame.isSynced = true;
  }

  /** The mains fail: of what was only in the cache the first `kept` frames happen to be written. */
  cutPower(kept: number): void {
    let left = kept;
    this.segments = this.segments.map((segment) =>
      segment.filter((frame) => {
        if (frame.isSynced) return true;
        frame.isSynced = left-- > 0;
        return frame.isSynced;
      }),
    );
    this.reindex();
  }

  get unsyncedCount(): number {
    let count = 0;
    for (const frame of this.all()) if (!frame.isSynced) count++;
    return count;
  }

  /** A commit failed: what is not on the disk is taken back. */
  dropUnsynced(): void {
    this.cutPower(0);
  }

  /** Destroys `count` frames from the `index`-th on. Returns how many were there. */
  destroy(index: number, count: number): number {
    let at = 0;
    let destroyed = 0;
    this.segments = this.segments.map((segment) =>
      segment.filter(() => {
        const isHit = at >= index && at < index + count;
        at++;
        if (isHit) destroyed++;
        return !isHit;
      }),
    );
    this.reindex();
    return destroyed;
  }

  get frameCount(): number {
    return this.segments.reduce((total, segment) => total + segment.length, 0);
  }

  /**
   * Frees closed segments whose records are all receipted; under pressure only the oldest such, or else the oldest with
   * disputed ones. Remembered before the segment goes.
   */
  free(isFreeable: IsFreeable, gen: string, isPressure: boolean): { runs: FreedRun[]; frames: Frame[] } {
    const closed = this.segments.slice(0, -1).filter((segment) => segment.length > 0);
    const ratings = closed.map((segment) => ({ segment, rating: ratingOf(segment, isFreeable) }));
    const receipted = ratings.filter(({ rating }) => rating === "receipted");
    const chosen = isPressure
      ? [receipted[0] ?? ratings.find(({ rating }) => rating === "disputed")].filter((item) => item !== undefined)
      : receipted;
    const runs: FreedRun[] = [];
    const frames: Frame[] = [];
    for (const { segment } of chosen) {
      for (const run of runsOf(segment)) {
        runs.push(run);
        const line = this.remembered.get(lineKey(run.line));
        line?.freed.push({ from: run.from, to: run.to, h: run.h, gen });
      }
      frames.push(...segment);
    }
    this.saveState();
    const gone = new Set(chosen.map(({ segment }) => segment));
    this.segments = this.segments.filter((segment) => !gone.has(segment));
    for (const frame of frames) this.indexOf(frame.line).delete(frame.seq);
    return { runs, frames };
  }

  /** What a process finds at start, oldest line first. */
  inventory(): LineInventory[] {
    const lines = new Map<string, LineOfGateway>();
    for (const [key, { ep, eid }] of this.remembered) lines.set(key, { ep, eid });
    for (const { line } of this.all()) lines.set(lineKey(line), line);
    return [...lines].map(([key, { ep, eid }]) => {
      const held = new IntervalSet();
      const urgent: number[] = [];
      for (const [seq, frame] of this.frames.get(key) ?? []) {
        held.add(seq, seq);
        if (frame.isUrgent) urgent.push(seq);
      }
      const remembered = this.remembered.get(key);
      const freed = remembered?.freed ?? [];
      const head = Math.max(remembered?.head ?? 0, held.last ?? 0, ...freed.map(({ to }) => to));
      return { ep, eid, head, held: held.intervals, freed: [...freed], urgent: urgent.sort((a, b) => a - b) };
    });
  }

  private indexOf(line: LineOfGateway): Map<number, Frame> {
    const key = lineKey(line);
    const known = this.frames.get(key) ?? new Map<number, Frame>();
    this.frames.set(key, known);
    return known;
  }

  private reindex(): void {
    this.frames = new Map();
    for (const frame of this.all()) this.indexOf(frame.line).set(frame.seq, frame);
  }

  private saveState(): void {
    for (const [key, line] of this.remembered) {
      for (const frame of this.frames.get(key)?.values() ?? []) {
        if (frame.isSynced) line.head = Math.max(line.head, frame.seq);
      }
    }
  }
}

const runsOf = (segment: readonly Frame[]): FreedRun[] => {
  const runs: FreedRun[] = [];
  for (const { line, seq, h } of segment) {
    const last = runs.at(-1);
    if (last !== undefined && lineKey(last.line) === lineKey(line) && last.to + 1 === seq) {
      runs[runs.length - 1] = { line, from: last.from, to: seq, h };
    } else runs.push({ line, from: seq, to: seq, h });
  }
  return runs;
};

const ratingOf = (segment: readonly Frame[], isFreeable: IsFreeable): "receipted" | "disputed" | "no" => {
  let rating: "receipted" | "disputed" = "receipted";
  for (const { line, from, to } of runsOf(segment)) {
    const answer = isFreeable(line, from, to);
    if (answer === "no") return "no";
    if (answer === "disputed") rating = "disputed";
  }
  return rating;
};
