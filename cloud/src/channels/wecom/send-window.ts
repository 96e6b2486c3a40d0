/**
 * Counts what was sent lately, so that a receiver's limit is kept before it complains: at most `most` in any `windowMs`.
 */
export class SendWindow {
  readonly #most: number;
  readonly #windowMs: number;
  #sentMs: number[] = [];

  constructor(most: number, windowMs: number) {
    this.#most = most;
    this.#windowMs = windowMs;
  }

  /** Takes a place, 0, or says how many milliseconds to wait for one. A clock that was set back empties the window. */
  take(nowMs: number): number {
    this.#sentMs = this.#sentMs.filter((ms) => ms <= nowMs && nowMs - ms < this.#windowMs);
    const [oldest] = this.#sentMs;
    if (oldest !== undefined && this.#sentMs.length >= this.#most) return oldest + this.#windowMs - nowMs;
    this.#sentMs.push(nowMs);
    return 0;
  }
}
