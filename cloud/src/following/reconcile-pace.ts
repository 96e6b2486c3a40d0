/** Line states are compared with the ledger's at most so often. */
const everyMs = 1_000;
/** And never for more than one part in so many of the time, however many lines there are. */
const share = 20;

/** Paces the comparison of all lines, which no record announces. */
export class ReconcilePace {
  #notBeforeMs = Number.NEGATIVE_INFINITY;

  /** Runs `compare` unless it ran a moment ago; undefined then. */
  run<Result>(compare: () => Result): Result | undefined {
    const startedMs = performance.now();
    if (startedMs < this.#notBeforeMs) return undefined;
    try {
      return compare();
    } finally {
      const endedMs = performance.now();
      this.#notBeforeMs = endedMs + Math.max(everyMs, (endedMs - startedMs) * share);
    }
  }
}
