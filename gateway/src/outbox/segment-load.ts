import type { Sha256 } from "@mingcheng/protocols";
import { scanFrames } from "./frame-scan.ts";
import type { OutboxFile } from "./outbox-files.ts";
import { type Evidence, RunBuilder } from "./run-builder.ts";
import type { Run, Segment } from "./segment.ts";
import { crcOfFrames, decodeHeader, headerBytes, readFooter } from "./segment-format.ts";
import { readAround } from "./tolerant-read.ts";

/** How a segment's file ends: `clean` zeros or a footer; `torn` by an interrupted write; `cut` short. */
export type SegmentTail = "clean" | "torn" | "cut";

/** A segment file as found. */
export interface LoadedSegment {
  readonly segment: Segment;
  /** Gateway named in the header, undefined when the header is damaged. */
  readonly gw: string | undefined;
  readonly heads: ReadonlyMap<string, Evidence>;
  readonly laterSeals: readonly Evidence[];
  /** Stretches of frames that cannot be read: [from, to) offsets. */
  readonly damage: readonly { readonly from: number; readonly to: number }[];
  readonly tail: SegmentTail;
  /** Offset behind the last byte that is not zero. */
  readonly dirtyEnd: number;
}

/** What {@link loadSegment} needs to know. */
export interface LoadRequest {
  readonly file: OutboxFile;
  readonly number: number;
  readonly path: string;
  /** Frames from here on are void: a commit that failed and could not be taken back. */
  readonly voidFrom: number | undefined;
  readonly window: Buffer;
  readonly sha256: Sha256;
}

const scan = async (
  request: LoadRequest,
  size: number,
  until: number,
): Promise<{ builder: RunBuilder; end: number; damage: LoadedSegment["damage"]; dirtyEnd: number }> => {
  const builder = new RunBuilder(request.sha256);
  const to = Math.min(size, until, request.voidFrom ?? size);
  const { end, damage, dirtyEnd } = await scanFrames(request.file, headerBytes, to, request.window, builder.visit);
  builder.finish();
  return { builder, end, damage, dirtyEnd };
};

const readHeader = async (file: OutboxFile): Promise<ReturnType<typeof decodeHeader>> => {
  const header = Buffer.alloc(headerBytes);
  return (await readAround(file, header, headerBytes, 0)) === headerBytes ? decodeHeader(header) : undefined;
};

/** A frame never holds so many zero bytes in a row outside its payload (JSON has none): more are unused space. */
const frameZeros = 16;

/** How the file ends, seen from its last intact frame; `full` is its size as made, undefined when nobody knows. */
const tailOf = (size: number, full: number | undefined, end: number, dirtyEnd: number): SegmentTail => {
  // Frames follow each other: where unused space follows the last byte written, there was no further frame.
  const hasUnusedSpace = size - Math.max(end, dirtyEnd) >= frameZeros;
  if (size !== full && !hasUnusedSpace) return "cut";
  return dirtyEnd > end ? "torn" : "clean";
};

/**
 * Reads a segment: by its footer when it has one (the frames are then not looked at), else frame by frame.
 * @throws the system's error
 */
export const loadSegment = async (request: LoadRequest): Promise<LoadedSegment> => {
  const { file, number, path } = request;
  const size = await file.size();
  const header = await readHeader(file);
  const footer = await readFooter(file, size);
  if (footer !== undefined) {
    const { end, crc, runs } = footer;
    const segment = { number, path, size, end, runs, crc, closed: true, verified: false };
    return { segment, gw: header?.gw, heads: new Map(), laterSeals: [], damage: [], tail: "clean", dirtyEnd: end };
  }
  return scanSegment(request);
};

/** Reads a segment frame by frame, up to `until` when a footer tells where the frames end. */
export const scanSegment = async (request: LoadRequest, until?: number): Promise<LoadedSegment> => {
  const { file, number, path, window } = request;
  const size = await file.size();
  const header = await readHeader(file);
  const { builder, end, damage, dirtyEnd } = await scan(request, size, until ?? size);
  const runs: Run[] = builder.runs;
  const crc = await crcOfFrames(file, end, window);
  const segment = { number, path, size, end, runs, crc, closed: false, verified: true };
  return {
    segment,
    gw: header?.gw,
    heads: builder.heads,
    laterSeals: builder.laterSeals,
    damage,
    tail: tailOf(size, header?.size, end, dirtyEnd),
    dirtyEnd,
  };
};
