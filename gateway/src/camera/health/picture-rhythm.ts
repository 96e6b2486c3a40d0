const remembered = 64;
/** What a picture between key frames is below when nothing at all changes: measured 193 bytes beside 2,700 in an idle room. */
const tinyBytes = 400;
const tinyShare = 0.2;
const leastPictures = 16;

const middle = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
};

/** A picture as it came in: its size alone says much. */
export interface SeenPicture {
  readonly atMs: number;
  readonly key: boolean;
  readonly bytes: number;
}

/** How a stream usually runs, from its last pictures: bounded, and cheap enough for every picture. */
export class PictureRhythm {
  #sizes: number[] = [];
  #usualBytes: number | undefined;
  #lastKeyMs: number | undefined;
  #keyIntervalMs: number | undefined;

  add({ atMs, key, bytes }: SeenPicture): void {
    if (key) {
      if (this.#lastKeyMs !== undefined) this.#keyIntervalMs = Math.min(60_000, Math.max(0, atMs - this.#lastKeyMs));
      this.#lastKeyMs = atMs;
      return;
    }
    this.#sizes.push(bytes);
    if (this.#sizes.length < remembered) return;
    const typical = middle(this.#sizes);
    // What is usual is learnt from the largest stretch so far, so that a frozen stream does not become usual.
    this.#usualBytes = Math.max(typical, (this.#usualBytes ?? 0) * 0.98);
    this.#sizes = this.#sizes.slice(remembered / 2);
  }

  /** Time between the last two key frames; undefined before there were two. */
  keyIntervalMs(): number | undefined {
    return this.#keyIntervalMs;
  }

  /** True when pictures between key frames have become so small that nothing in them can change. */
  collapsed(): boolean {
    if (this.#sizes.length < leastPictures) return false;
    const typical = middle(this.#sizes.slice(-leastPictures));
    return typical < tinyBytes || typical < tinyShare * (this.#usualBytes ?? 0);
  }

  /** Another connection, another rhythm. */
  forget(): void {
    this.#sizes = [];
    this.#usualBytes = undefined;
    this.#lastKeyMs = undefined;
    this.#keyIntervalMs = undefined;
  }
}
