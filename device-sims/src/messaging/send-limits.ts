/** At most `most` messages in `windowMs`. */
export interface SendLimit {
  readonly windowMs: number;
  readonly most: number;
}

/** Counts messages by key (a number, a robot) and says which limit the next one would break. */
export class SendCounter {
  readonly #times = new Map<string, number[]>();

  /** Counts one, or returns the limit that is full. What is refused is not counted. */
  take(key: string, limits: readonly SendLimit[], nowMs: number): SendLimit | undefined {
    const longestMs = Math.max(0, ...limits.map(({ windowMs }) => windowMs));
    const times = (this.#times.get(key) ?? []).filter((ms) => nowMs - ms < longestMs);
    const full = limits.find(({ windowMs, most }) => times.filter((ms) => nowMs - ms < windowMs).length >= most);
    if (full === undefined) times.push(nowMs);
    this.#times.set(key, times);
    return full;
  }
}
