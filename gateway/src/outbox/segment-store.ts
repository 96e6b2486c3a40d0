import { join } from "node:path";
import { conditionOf, diskError } from "./disk-fault.ts";
import type { OutboxFile, OutboxFiles } from "./outbox-files.ts";
import { minSegmentBytes, type Segment, segmentGrain, segmentName } from "./segment.ts";
import { encodeFooter, encodeHeader, headerBytes } from "./segment-format.ts";

/** A segment that takes frames. */
export interface OpenSegment {
  readonly segment: Segment;
  readonly file: OutboxFile;
}

export interface SegmentStoreOptions {
  readonly files: OutboxFiles;
  readonly dir: string;
  readonly gw: string;
  readonly segmentBytes: number;
  readonly reserveBytes: number;
}

/** A small prepared segment, used when the disk is full at start, given up when the state cannot be written. */
export const reserveName = "reserve";
/**
 * Zeros are written page by page: larger writes make the kernel keep the file in large folios, and then every commit
 * would dirty, and count as writing, a whole one.
 */
const fillChunk = Buffer.alloc(4096);
/** Zeros are synced in steps, so that a slow card never has more than this before the next commit. */
const fillSyncBytes = 1024 * 1024;

const grain = (bytes: number): number => Math.floor(bytes / segmentGrain) * segmentGrain;

/**
 * Makes segment files. They are filled with zeros ahead of use, so that a commit changes no metadata (fdatasync needs no
 * journal) and a full disk shows before a record depends on it.
 */
export class SegmentStore {
  private readonly options: SegmentStoreOptions;
  private nextNumber: number;
  private spare: Promise<OpenSegment> | undefined;
  private spareReady = false;

  constructor(options: SegmentStoreOptions, nextNumber: number) {
    this.options = options;
    this.nextNumber = nextNumber;
  }

  /** True when the next segment is there. */
  get isSpareReady(): boolean {
    return this.spareReady;
  }

  /** Starts preparing the next segment unless that is done or under way. @throws the system's error */
  async prepare(): Promise<OpenSegment> {
    if (this.spare === undefined) {
      const making = this.make();
      this.spare = making;
      making.then(
        () => {
          this.spareReady = true;
        },
        () => {
          if (this.spare === making) this.spare = undefined;
        },
      );
    }
    return this.spare;
  }

  /** Uses a segment that an earlier process prepared as the next one. */
  adopt(spare: OpenSegment): void {
    this.spare = Promise.resolve(spare);
    this.spareReady = true;
  }

  /** The next segment, its directory entry durable. Waits for it when needed. @throws the system's error */
  async take(): Promise<OpenSegment> {
    const next = await this.prepare();
    this.spare = undefined;
    this.spareReady = false;
    return next;
  }

  /** Makes the reserve a segment. Undefined when there is none. */
  async takeReserve(): Promise<OpenSegment | undefined> {
    const { files, dir } = this.options;
    if (!(await files.list(dir)).includes(reserveName)) return undefined;
    const number = this.nextNumber++;
    const path = join(dir, segmentName(number));
    await files.rename(join(dir, reserveName), path);
    await files.syncDirectory(dir);
    return this.openEmpty(number);
  }

  /** Gives the reserve's room back to the file system. */
  async releaseReserve(): Promise<void> {
    const { files, dir } = this.options;
    await files.remove(join(dir, reserveName)).catch(() => undefined);
  }

  /** Makes the reserve when it is not there. @throws the system's error */
  async ensureReserve(): Promise<void> {
    const { files, dir, reserveBytes } = this.options;
    if (reserveBytes < minSegmentBytes || (await files.list(dir)).includes(reserveName)) return;
    await this.fill(reserveName, grain(reserveBytes));
  }

  /** Closes and removes a segment that was prepared and never used. */
  async discardSpare(): Promise<void> {
    const spare = await this.spare?.catch(() => undefined);
    this.spare = undefined;
    this.spareReady = false;
    await spare?.file.close();
  }

  private async make(): Promise<OpenSegment> {
    const { files, dir, segmentBytes } = this.options;
    const number = this.nextNumber;
    // Half of what is left, so that the state file and other programs keep room.
    const room = (await files.freeBytes(dir)) / 2;
    const bytes = grain(Math.min(segmentBytes, room));
    if (bytes < minSegmentBytes) throw diskError("full", `${Math.floor(room * 2)} bytes are free`);
    await this.fillWhatFits(segmentName(number), bytes);
    this.nextNumber++;
    return this.openEmpty(number);
  }

  private async openEmpty(number: number): Promise<OpenSegment> {
    const { files, dir } = this.options;
    const path = join(dir, segmentName(number));
    const file = await files.open(path, "commit");
    return { file, segment: emptySegment(number, path, await file.size()) };
  }

  /** Where the process's file-size limit (or a quota) leaves less room, a smaller segment is better than none. */
  private async fillWhatFits(name: string, bytes: number): Promise<void> {
    const progress = { bytes: 0 };
    try {
      await this.fill(name, bytes, progress);
    } catch (error) {
      const smaller = grain(progress.bytes / 2);
      if (conditionOf(error) !== "full" || smaller < minSegmentBytes) throw error;
      await this.fill(name, smaller);
    }
  }

  /** A zero-filled file under its final name, durable with its directory entry. */
  private async fill(name: string, bytes: number, progress = { bytes: 0 }): Promise<void> {
    const { files, dir, gw } = this.options;
    const temporary = join(dir, `${name}.tmp`);
    const file = await files.open(temporary, "create");
    try {
      for (let at = 0; at < bytes; at += fillChunk.length) {
        await file.write(fillChunk, Math.min(fillChunk.length, bytes - at), at);
        if ((at + fillChunk.length) % fillSyncBytes === 0) await file.datasync();
        progress.bytes = Math.min(bytes, at + fillChunk.length);
      }
      await file.write(encodeHeader(gw, bytes), headerBytes, 0);
      await file.datasync();
      await files.rename(temporary, join(dir, name));
      await files.syncDirectory(dir);
    } catch (error) {
      await files.remove(temporary).catch(() => undefined);
      throw error;
    } finally {
      await file.close();
    }
  }
}

/** Writes a segment's footer: it is closed. @throws the system's error */
export const closeSegment = async ({ segment, file }: OpenSegment): Promise<void> => {
  const footer = encodeFooter(segment);
  // A file that was cut short has no room at its end: it grows.
  const size = Math.max(segment.size, segment.end + footer.length);
  await file.write(footer, footer.length, size - footer.length);
  await file.datasync();
  segment.size = size;
  segment.closed = true;
};

const emptySegment = (number: number, path: string, size: number): Segment => ({
  number,
  path,
  size,
  end: headerBytes,
  runs: [],
  crc: 0,
  closed: false,
  verified: true,
});
