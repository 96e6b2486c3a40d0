import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

interface StoredClip {
  readonly folder: string;
  readonly bytes: number;
  readonly atMs: number;
}

/** Clips that were exported stay for whoever fetches them, for some time. They count in what recordings may take. */
export class ClipShelf {
  readonly folder: string;
  readonly #maxAgeMs: number;
  #bytes = 0;

  constructor(folder: string, maxAgeMs: number) {
    this.folder = folder;
    this.#maxAgeMs = maxAgeMs;
  }

  /** What all clips took when it was looked at last. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Deletes those whose time is over, and what an export that was cut off left; counts the rest. @throws the system's error */
  async prune(nowMs: number): Promise<void> {
    let bytes = 0;
    for (const clip of await this.#all()) {
      if (nowMs - clip.atMs > this.#maxAgeMs) await rm(clip.folder, { recursive: true, force: true });
      else bytes += clip.bytes;
    }
    this.#bytes = bytes;
  }

  async #all(): Promise<StoredClip[]> {
    const clips: StoredClip[] = [];
    for (const id of await readdir(this.folder).catch(() => [])) {
      const folder = join(this.folder, id);
      const files = await readdir(folder).catch(() => []);
      const found = await Promise.all(files.map((name) => stat(join(folder, name)).catch(() => undefined)));
      const atMs = (await stat(folder).catch(() => undefined))?.mtimeMs ?? 0;
      clips.push({ folder, atMs, bytes: found.reduce((sum, one) => sum + (one?.size ?? 0), 0) });
    }
    return clips;
  }
}
