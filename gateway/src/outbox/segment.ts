import { join } from "node:path";
import type { LineOfGateway } from "@mingcheng/protocols";

/** Smallest segment worth having: room for one commit of {@link maxGroupBytes}, header and footer. */
export const minSegmentBytes = 128 * 1024;
/** One commit never holds more bytes of frames, seal included. */
export const maxGroupBytes = 96 * 1024;
/** Sizes of segments are multiples of this. */
export const segmentGrain = 4096;
/** At most so many bytes of frames lie between two marks of a closed segment. */
export const markEveryBytes = 64 * 1024;

/** An unbroken run of one line's records within one segment. Hashes hexadecimal, offsets from the file's start. */
export interface Run {
  readonly line: LineOfGateway;
  from: number;
  to: number;
  /** h(from-1). */
  readonly prev: string;
  /** h(to). */
  h: string;
  /** Largest seq of the run that a seal in this segment covers; 0 for none. */
  sealed: number;
  /** The records' own bytes. */
  bytes: number;
  /** seq, offset, seq, offset, …: where to start looking; ascending, the first is `from`. */
  marks: number[];
  /** from, to, from, to, …: records of urgent kinds, ascending. */
  urgent: number[];
}

/** One segment file as the outbox knows it. */
export interface Segment {
  readonly number: number;
  readonly path: string;
  size: number;
  /** Offset behind the last frame. */
  end: number;
  readonly runs: Run[];
  /** CRC-32 of all bytes from the header's end to `end`. */
  crc: number;
  /** It has a footer: nothing is appended any more. */
  closed: boolean;
  /** False until its bytes were compared with the footer's CRC in this process. */
  verified: boolean;
}

/** Name of a segment's file: ten digits, so that names sort in disk order. */
export const segmentName = (number: number): string => `${String(number).padStart(10, "0")}.seg`;

/** Number of a segment file, undefined for any other name. */
export const segmentNumber = (name: string): number | undefined => {
  const digits = /^(\d{10,15})\.seg$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
};

export const segmentPath = (dir: string, number: number): string => join(dir, segmentName(number));

/** Records a segment holds. */
export const recordsOf = (segment: Segment): number =>
  segment.runs.reduce((total, run) => total + run.to - run.from + 1, 0);

/** A new run that starts with the record at `offset`. */
export const startRun = (line: LineOfGateway, from: number, prev: string, offset: number): Run => ({
  line,
  from,
  to: from - 1,
  prev,
  h: prev,
  sealed: 0,
  bytes: 0,
  marks: [from, offset],
  urgent: [],
});

/** Adds `seq` (larger than all before) to a run's urgent ranges. */
export const addUrgent = (run: Run, seq: number): void => {
  const { urgent } = run;
  if (urgent.length > 0 && urgent[urgent.length - 1] === seq - 1) urgent[urgent.length - 1] = seq;
  else urgent.push(seq, seq);
};

/** Offset of a frame of the run at or before `seq`. */
export const markBefore = (run: Run, seq: number): number => {
  const { marks } = run;
  let low = 0;
  let high = marks.length / 2 - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((marks[middle * 2] ?? 0) <= seq) low = middle;
    else high = middle - 1;
  }
  return marks[low * 2 + 1] ?? 0;
};

/** Keeps only marks that are `markEveryBytes` apart. */
export const thinMarks = (run: Run): void => {
  const kept = run.marks.slice(0, 2);
  for (let index = 2; index < run.marks.length; index += 2) {
    const offset = run.marks[index + 1] ?? 0;
    if (offset - (kept.at(-1) ?? 0) >= markEveryBytes) kept.push(run.marks[index] ?? 0, offset);
  }
  run.marks = kept;
};
