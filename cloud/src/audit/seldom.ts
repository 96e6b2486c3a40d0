/** So many names are remembered; whoever makes up more is noted again sooner. */
const maxRemembered = 10_000;

/**
 * Lets through the first of a kind and then one every so often, so that nobody can fill the log by being refused. Answers how
 * many were held back since the last that was let through; undefined for one that is held back.
 */
export class Seldom {
  readonly #everyMs: number;
  readonly #passed = new Map<string, { atMs: number; held: number }>();

  constructor(everyMs: number) {
    this.#everyMs = everyMs;
  }

  pass(kind: string, nowMs: number): number | undefined {
    const known = this.#passed.get(kind);
    if (known !== undefined && nowMs - known.atMs < this.#everyMs) {
      known.held++;
      return undefined;
    }
    if (this.#passed.size >= maxRemembered) this.#passed.clear();
    this.#passed.set(kind, { atMs: nowMs, held: 0 });
    return known?.held ?? 0;
  }
}
