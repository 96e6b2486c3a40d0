import { type CellArena, Cells } from "./cells.ts";
import type { Added, GatheredPart, PartKind } from "./gathered-part.ts";

/** A record that waits for its other side: its time, its line, its number in the ledger. */
export type WaitingRecord = readonly [atMs: number, line: number, lsn: number];

/** Figures of one record. */
const width = 3;
/** Records held for one key; beyond, those that have waited longest wait no more. */
const maxWaiting = 1_000;

/** Records of one key of a join that wait for another side that arrives late. What they say stays in the ledger. */
export class WaitingState extends Cells implements GatheredPart {
  readonly #patienceMs: number;
  #newestMs = 0;

  constructor(patienceMs: number, arena: CellArena, cells: readonly number[] = []) {
    super(arena);
    this.#patienceMs = patienceMs;
    this.resetCells(cells);
    for (const [atMs] of this.records) this.#newestMs = Math.max(this.#newestMs, atMs);
  }

  /** Cells are time, line and number of each, one after the other. */
  protected get records(): readonly WaitingRecord[] {
    const cells = this.cellList();
    return Array.from({ length: cells.length / width }, (_, at) => {
      const from = at * width;
      return [cells[from] ?? 0, cells[from + 1] ?? 0, cells[from + 2] ?? 0];
    });
  }

  get dueMs(): null {
    return null;
  }

  get goneMs(): number | null {
    return this.#newestMs + this.#patienceMs;
  }

  get lines(): readonly number[] {
    return [...new Set(this.records.map(([, line]) => line))];
  }

  get size(): number {
    return this.cells / 2;
  }

  add({ atMs, line, value }: Added): void {
    this.#newestMs = Math.max(this.#newestMs, atMs);
    this.pushCells(atMs, line);
    this.pushCell(Number(value));
    const oldestMs = this.cell(0) ?? atMs;
    if (this.cells <= maxWaiting * width && oldestMs >= this.#newestMs - 2 * this.#patienceMs) return;
    const kept = this.records.filter(([ms]) => ms >= this.#newestMs - this.#patienceMs);
    this.resetCells(kept.slice(-maxWaiting).flat());
  }

  /** Records between two times, both included, in the order of their time. */
  between(fromMs: number, toMs: number): readonly WaitingRecord[] {
    return this.records
      .filter(([atMs]) => atMs >= fromMs && atMs <= toMs && atMs >= this.#newestMs - this.#patienceMs)
      .sort((a, b) => a[0] - b[0] || a[2] - b[2]);
  }

  dropLine(line: number): boolean {
    const left = this.records.filter(([, of]) => of !== line).flat();
    if (left.length === this.cells) return false;
    this.resetCells(left);
    return true;
  }

  release(): void {
    this.clearCells();
  }

  toJSON(): readonly number[] {
    return this.cellList();
  }
}

/** Records that wait for so long. */
export const waitingKind = (patienceMs: number): PartKind<WaitingState> => ({
  empty: (arena) => new WaitingState(patienceMs, arena),
  revive: (arena, stored) => new WaitingState(patienceMs, arena, stored as readonly number[]),
  replay: (part, added) => part.add(added),
});
