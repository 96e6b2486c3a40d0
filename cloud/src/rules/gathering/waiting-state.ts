import type { Added, GatheredPart, PartKind } from "./gathered-group.ts";

/** A record that waits for its other side: its time, its line, its number in the ledger. */
export type WaitingRecord = readonly [atMs: number, line: number, lsn: number];

/** Records held for one key; beyond, those that have waited longest wait no more. */
const maxWaiting = 1_000;

/** Records of one key of a join that wait for another side that arrives late. What they say stays in the ledger. */
export class WaitingState implements GatheredPart {
  readonly dueMs = null;
  readonly #patienceMs: number;
  #records: WaitingRecord[];
  #newestMs = 0;

  constructor(patienceMs: number, records: readonly WaitingRecord[] = []) {
    this.#patienceMs = patienceMs;
    this.#records = [...records];
    for (const [atMs] of records) this.#newestMs = Math.max(this.#newestMs, atMs);
  }

  get goneMs(): number | null {
    return this.#newestMs + this.#patienceMs;
  }

  get lines(): readonly number[] {
    return [...new Set(this.#records.map(([, line]) => line))];
  }

  get size(): number {
    return this.#records.length * 2;
  }

  add({ atMs, line, value }: Added): void {
    this.#newestMs = Math.max(this.#newestMs, atMs);
    this.#records.push([atMs, line, Number(value)]);
    const [oldest] = this.#records;
    if (this.#records.length <= maxWaiting && (oldest?.[0] ?? atMs) >= this.#newestMs - 2 * this.#patienceMs) return;
    this.#records = this.#records.filter(([ms]) => ms >= this.#newestMs - this.#patienceMs).slice(-maxWaiting);
  }

  /** Records between two times, both included, in the order of their time. */
  between(fromMs: number, toMs: number): readonly WaitingRecord[] {
    return this.#records
      .filter(([atMs]) => atMs >= fromMs && atMs <= toMs && atMs >= this.#newestMs - this.#patienceMs)
      .sort((a, b) => a[0] - b[0] || a[2] - b[2]);
  }

  dropLine(line: number): boolean {
    const left = this.#records.filter(([, of]) => of !== line);
    const isLess = left.length < this.#records.length;
    this.#records = left;
    return isLess;
  }

  toJSON(): readonly WaitingRecord[] {
    return this.#records;
  }
}

/** Records that wait for so long. */
export const waitingKind = (patienceMs: number): PartKind<WaitingState> => ({
  empty: () => new WaitingState(patienceMs),
  revive: (stored) => new WaitingState(patienceMs, stored as readonly WaitingRecord[]),
  replay: (part, added) => part.add(added),
});
