const timeScale = 90_000;
/** Where our fragments say when they are decoded: `moof`, `mfhd`, `traf`, `tfhd`, then `tfdt` of version 1. */
const decodeTimeAt = 60;
const mostKept = 600;

interface Known {
  readonly movieSeconds: number;
  readonly wallMs: number;
}

/** Which moment a place in a movie is. */
export class MovieTimes {
  readonly #known: Known[] = [];

  /** A fragment, and when its first picture was taken. */
  add(fragment: Uint8Array, wallMs: number): void {
    if (fragment.length < decodeTimeAt + 8) return;
    const data = new DataView(fragment.buffer, fragment.byteOffset, fragment.byteLength);
    this.#known.push({ movieSeconds: Number(data.getBigUint64(decodeTimeAt)) / timeScale, wallMs });
    if (this.#known.length > mostKept) this.#known.shift();
  }

  /** When what is seen at this place was taken; null: not known. */
  at(movieSeconds: number): number | null {
    // The place may lie a little before the first picture that is known.
    const found = this.#known.findLast((one) => one.movieSeconds <= movieSeconds + 0.001) ?? this.#known[0];
    return found === undefined ? null : found.wallMs + Math.max(0, movieSeconds - found.movieSeconds) * 1_000;
  }
}
