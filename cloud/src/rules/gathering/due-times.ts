/** When things must be looked at, by id, and which is the first. */
export class DueTimes {
  readonly #due = new Map<number, number>();
  /** Undefined: has to be looked for. */
  #earliestMs: number | null | undefined = null;

  /** `dueMs` null: need not be looked at. */
  set(id: number, dueMs: number | null): void {
    const before = this.#due.get(id);
    if (before === dueMs || (before === undefined && dueMs === null)) return;
    if (dueMs === null) this.#due.delete(id);
    else this.#due.set(id, dueMs);
    const first = this.#earliestMs;
    // Whether another one is the first now is looked for when somebody asks.
    if (before !== undefined && before === first) this.#earliestMs = undefined;
    else if (dueMs !== null && first !== undefined) this.#earliestMs = first === null ? dueMs : Math.min(first, dueMs);
  }

  /** The first time; null: nothing is due. */
  next(): number | null {
    if (this.#earliestMs === undefined) {
      let earliest = Number.POSITIVE_INFINITY;
      for (const dueMs of this.#due.values()) earliest = Math.min(earliest, dueMs);
      this.#earliestMs = earliest === Number.POSITIVE_INFINITY ? null : earliest;
    }
    return this.#earliestMs;
  }

  /** What is due, the one that is for longest first. */
  until(nowMs: number): readonly number[] {
    const next = this.next();
    if (next === null || next > nowMs) return [];
    const due = [...this.#due].filter(([, dueMs]) => dueMs <= nowMs);
    return due.sort((a, b) => a[1] - b[1] || a[0] - b[0]).map(([id]) => id);
  }
}
