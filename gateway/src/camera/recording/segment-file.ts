import { createHash, type Hash } from "node:crypto";
import { type FileHandle, mkdir, open, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import type { Segment } from "./segment.ts";

/** A segment while it is written. Not for several writers: each call waits for the one before. */
export class SegmentFile {
  readonly number: number;
  readonly startMs: number;
  readonly beginSha256: string;
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #hash: Hash;
  readonly #beginBytes: number;
  #bytes: number;
  #durationMs = 0;

  private constructor(path: string, file: FileHandle, at: { number: number; startMs: number }, begin: Uint8Array) {
    this.number = at.number;
    this.startMs = at.startMs;
    this.#path = path;
    this.#file = file;
    this.#hash = createHash("sha256").update(begin);
    this.beginSha256 = createHash("sha256").update(begin).digest("hex");
    this.#beginBytes = begin.length;
    this.#bytes = begin.length;
  }

  /** Makes the file with its beginning. @throws the system's error */
  static async create(
    path: string,
    at: { readonly number: number; readonly startMs: number },
    begin: Uint8Array,
  ): Promise<SegmentFile> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(path, "wx", 0o600);
    try {
      await file.write(begin);
    } catch (error) {
      await file.close();
      await unlink(path).catch(() => undefined);
      throw error;
    }
    return new SegmentFile(path, file, at, begin);
  }

  /** How long it is so far. */
  get durationMs(): number {
    return this.#durationMs;
  }

  /** Adds a fragment. @throws the system's error: end it with `abandon` then */
  async add(fragment: Uint8Array, durationMs: number): Promise<void> {
    let done = 0;
    while (done < fragment.length) {
      const { bytesWritten } = await this.#file.write(fragment, done, fragment.length - done);
      done += bytesWritten;
    }
    this.#hash.update(fragment);
    this.#bytes += fragment.length;
    this.#durationMs += durationMs;
  }

  /** Makes it durable. @throws the system's error */
  async finish(): Promise<Segment> {
    try {
      await this.#file.datasync();
    } finally {
      await this.#file.close();
    }
    return {
      ...{ number: this.number, startMs: this.startMs, durationMs: this.#durationMs, bytes: this.#bytes },
      ...{ sha256: this.#hash.digest("hex"), beginBytes: this.#beginBytes },
      ...{ beginSha256: this.beginSha256, salvaged: false },
    };
  }

  /** Lets go of a file that could not be written on; what is whole in it is salvaged by whoever owns the folder. */
  async abandon(): Promise<string> {
    await this.#file.close().catch(() => undefined);
    return this.#path;
  }
}
