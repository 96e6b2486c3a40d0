/** Lets at most `most` be under way at a time, in the order in which they came. */
export class Turns {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(most: number) {
    this.#free = most;
  }

  /** Resolves with how to end the turn, or undefined when `signal` was aborted first. */
  take(signal: AbortSignal): Promise<(() => void) | undefined> {
    if (signal.aborted) return Promise.resolve(undefined);
    if (this.#free > 0) {
      this.#free--;
      return Promise.resolve(() => this.#end());
    }
    return new Promise((resolve) => {
      const stop = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(begin), 1);
        resolve(undefined);
      };
      const begin = (): void => {
        signal.removeEventListener("abort", stop);
        resolve(() => this.#end());
      };
      this.#waiting.push(begin);
      signal.addEventListener("abort", stop, { once: true });
    });
  }

  #end(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}
