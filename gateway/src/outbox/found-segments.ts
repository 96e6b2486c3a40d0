import type { CryptoPort } from "@mingcheng/protocols";
import { isUnreadable } from "./disk-fault.ts";
import { scanWindowBytes } from "./frame-scan.ts";
import type { OutboxFile, OutboxFiles } from "./outbox-files.ts";
import type { OutboxLog } from "./outbox-port.ts";
import type { OutboxState } from "./outbox-state.ts";
import { segmentPath } from "./segment.ts";
import { crcOfFrames } from "./segment-format.ts";
import { type LoadedSegment, loadSegment, scanSegment } from "./segment-load.ts";

export interface FoundSegment extends LoadedSegment {
  /** It has a footer that does not fit the frames any more. */
  readonly stale: boolean;
}

export interface LoadSegmentsOptions {
  readonly files: OutboxFiles;
  readonly crypto: CryptoPort;
  readonly dir: string;
  /** Closed segments are compared with their footer's CRC up to so many bytes, newest first. */
  readonly verifyBytes: number;
  readonly log: OutboxLog;
}

/** Opens a segment for `work` alone: however many there are, one descriptor is in use. */
export const withSegmentFile = async <T>(
  files: OutboxFiles,
  path: string,
  mode: "read" | "write",
  work: (file: OutboxFile) => Promise<T>,
): Promise<T> => {
  const file = await files.open(path, mode);
  try {
    return await work(file);
  } finally {
    await file.close();
  }
};

/** A segment file that cannot even be opened or read counts as destroyed; a disk that refuses everything does not. */
const loadOne = async (
  options: LoadSegmentsOptions,
  number: number,
  voidFrom: number | undefined,
  window: Buffer,
): Promise<FoundSegment | undefined> => {
  const { files, crypto, dir, log } = options;
  const path = segmentPath(dir, number);
  try {
    return await withSegmentFile(files, path, "read", async (file) => ({
      ...(await loadSegment({ file, number, path, voidFrom, window, sha256: crypto.sha256 })),
      stale: false,
    }));
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    log.error({ segment: path, error: String(error) }, "outbox: segment cannot be read");
    return undefined;
  }
};

/** Compares closed segments with their footers' CRC, newest first, while the budget lasts. */
const verifyClosed = async (options: LoadSegmentsOptions, found: FoundSegment[], window: Buffer): Promise<void> => {
  let budget = options.verifyBytes;
  for (let index = found.length - 1; index >= 0 && budget > 0; index--) {
    const segment = found[index]?.segment;
    if (segment === undefined || !segment.closed) continue;
    budget -= segment.end;
    segment.verified = true;
    const rescanned = await withSegmentFile(options.files, segment.path, "read", async (file) => {
      if ((await crcOfFrames(file, segment.end, window)) === segment.crc) return undefined;
      const { number, path, end } = segment;
      return scanSegment({ file, number, path, voidFrom: undefined, window, sha256: options.crypto.sha256 }, end);
    });
    if (rescanned === undefined) continue;
    rescanned.segment.closed = true;
    found[index] = { ...rescanned, tail: "clean", stale: true };
  }
};

/** Reads all segments in disk order; `unreadable` are the paths of those that cannot be read at all. Changes nothing. */
export const loadSegments = async (
  options: LoadSegmentsOptions,
  numbers: readonly number[],
  state: OutboxState | undefined,
): Promise<{ readonly found: FoundSegment[]; readonly unreadable: string[] }> => {
  const window = Buffer.allocUnsafe(scanWindowBytes);
  const voids = new Map(state?.voids);
  const found: FoundSegment[] = [];
  const unreadable: string[] = [];
  for (const number of numbers) {
    const item = await loadOne(options, number, voids.get(number), window);
    if (item === undefined) unreadable.push(segmentPath(options.dir, number));
    else found.push(item);
  }
  await verifyClosed(options, found, window);
  return { found, unreadable };
};
