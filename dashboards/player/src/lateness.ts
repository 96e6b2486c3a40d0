/** Later than the quickest so far by this: the line cannot keep up. */
const mostLateMs = 2_500;
const remembered = 300;

/** Tells from when pictures were taken and when they came whether a line keeps up; the clocks need not agree. */
export class Lateness {
  #quickest = Number.POSITIVE_INFINITY;
  #count = 0;

  /** A piece came. True: far later than it could have. */
  add(takenMs: number, cameMs: number): boolean {
    const tookMs = cameMs - takenMs;
    // Clocks that drift apart, or are set, are forgiven in time.
    if (++this.#count % remembered === 0) this.#quickest = Math.max(this.#quickest, tookMs - mostLateMs / 2);
    if (tookMs < this.#quickest) this.#quickest = tookMs;
    return tookMs - this.#quickest > mostLateMs;
  }

  forget(): void {
    this.#quickest = Number.POSITIVE_INFINITY;
    this.#count = 0;
  }
}
