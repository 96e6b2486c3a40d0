import { checkFrame, frameMagic, maxFrameBytes } from "./frame.ts";
import type { OutboxFile } from "./outbox-files.ts";
import { readAround } from "./tolerant-read.ts";

/** Size of the window through which files are read: memory stays the same whatever the file's size. */
export const scanWindowBytes = 1024 * 1024;

/** How the bytes behind the last intact frame look. */
export interface ScanEnd {
  /** Offset behind the last intact frame. */
  readonly end: number;
  /** Stretches between intact frames that hold no intact frame: [from, to) offsets. */
  readonly damage: readonly { readonly from: number; readonly to: number }[];
  /** Offset behind the last byte that is not zero; at most `end` when nothing but zeros follows. */
  readonly dirtyEnd: number;
}

/** Called for each intact frame: it lies at `at` in `buffer` (valid during the call only), at `offset` in the file. */
export type FrameVisitor = (buffer: Buffer, at: number, offset: number, size: number) => void;

const zeros = Buffer.alloc(64 * 1024);

/** Index behind the last byte of [from, to) that is not zero, `from` when all are. */
const lastNonZero = (buffer: Buffer, from: number, to: number): number => {
  let end = to;
  while (end > from) {
    const start = Math.max(from, end - zeros.length);
    if (buffer.compare(zeros, 0, end - start, start, end) !== 0) {
      while (buffer[end - 1] === 0) end--;
      return end;
    }
    end = start;
  }
  return from;
};

/** Index of the next place in [from, to) where a frame may start, or of the first place that cannot be told yet. */
const nextCandidate = (buffer: Buffer, from: number, to: number): number => {
  let at = buffer.subarray(0, to).indexOf(frameMagic, from);
  while (at !== -1 && at % 8 !== 0) at = buffer.subarray(0, to).indexOf(frameMagic, at + 1);
  return at === -1 ? Math.max(from, (to - 3) & ~7) : at;
};

/**
 * Visits every intact frame in [from, to) of a file; behind damage it finds the next one by magic number and CRC.
 * `from` is divisible by 8.
 */
export const scanFrames = async (
  file: OutboxFile,
  from: number,
  to: number,
  window: Buffer,
  visit: FrameVisitor,
): Promise<ScanEnd> => {
  const damage: { from: number; to: number }[] = [];
  let end = from;
  let dirtyEnd = from;
  // window[0, filled) holds the file from `base` on; window[at] is looked at.
  let base = from;
  let filled = 0;
  let at = 0;
  let atFileEnd = false;
  for (;;) {
    if (!atFileEnd && filled - at < maxFrameBytes) {
      window.copyWithin(0, at, filled);
      base += at;
      filled -= at;
      at = 0;
      const wanted = Math.min(window.length - filled, to - base - filled);
      const count = wanted <= 0 ? 0 : await readAround(file, window.subarray(filled), wanted, base + filled);
      filled += count;
      atFileEnd = count < wanted || base + filled >= to;
    }
    if (at >= filled) break;
    const size = checkFrame(window, at, filled);
    if (size > 0) {
      const offset = base + at;
      if (offset > end) damage.push({ from: end, to: offset });
      visit(window, at, offset, size);
      end = Math.min(offset + size, to);
      dirtyEnd = end;
      at += size;
      continue;
    }
    const skippedTo = Math.min(filled, nextCandidate(window, at + 8, filled));
    const dirty = lastNonZero(window, at, skippedTo);
    if (dirty > at) dirtyEnd = base + dirty;
    at = skippedTo;
  }
  return { end, damage, dirtyEnd };
};
