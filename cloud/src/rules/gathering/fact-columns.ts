import { figureOf } from "../cel/cel-functions.ts";
import { Cells } from "./cells.ts";

/** What a fact is worth: what is summed, told apart, ranked. */
export type FactValue = string | number | null;

/** What a value adds to a sum: nothing where it is no figure. */
export const summable = (value: FactValue): number => {
  const figure = figureOf(value);
  return Number.isNaN(figure) ? 0 : figure;
};

/** How the values of a window are kept: not at all, as figures, as figures that were texts like `512`, or as they are. */
type Shape = "none" | "figures" | "texts" | "any";

const shapeOf = (value: FactValue): Shape => {
  if (value === null) return "none";
  if (typeof value === "number") return Number.isNaN(value) ? "any" : "figures";
  return String(Number(value)) === value && value !== "NaN" ? "texts" : "any";
};

/**
 * Times with a value each, in the order in which they are put. Times and figures share one list of doubles, because a
 * city has hundred thousands of windows and most hold a handful of facts.
 */
export abstract class FactColumns extends Cells {
  /** Values that are neither figures nor texts of figures, or not all of them. */
  #values: FactValue[] | null = null;
  #shape: Shape | null = null;

  /** How many facts there are. */
  get length(): number {
    return this.isPaired ? this.cells >>> 1 : this.cells;
  }

  /** Whether cells are times and values in turn. */
  protected get isPaired(): boolean {
    return this.#shape === "figures" || this.#shape === "texts";
  }

  protected get hasValues(): boolean {
    return this.#shape !== "none" && this.#shape !== null;
  }

  protected time(at: number): number | undefined {
    return this.cell(this.isPaired ? at * 2 : at);
  }

  protected value(at: number): FactValue {
    if (this.#values !== null) return this.#values[at] ?? null;
    if (!this.isPaired) return null;
    const figure = this.cell(at * 2 + 1) ?? 0;
    return this.#shape === "texts" ? String(figure) : figure;
  }

  /** A value's figure; 0 where it is none. */
  protected figure(at: number): number {
    if (this.#values !== null) return summable(this.#values[at] ?? null);
    return this.isPaired ? (this.cell(at * 2 + 1) ?? 0) : 0;
  }

  /** Puts a fact at a place; what was there and behind moves on. */
  protected insert(at: number, atMs: number, value: FactValue): void {
    const shape = shapeOf(value);
    if (this.cells === 0) this.#shape = shape;
    if (this.#values === null && (shape === "any" || shape !== this.#shape)) this.generalise();
    if (this.#values !== null) {
      this.insertCells(at, atMs);
      this.#values.splice(at, 0, value);
    } else if (!this.isPaired) {
      if (at === this.cells) this.pushCell(atMs);
      else this.insertCells(at, atMs);
    } else if (at * 2 === this.cells) this.pushCells(atMs, Number(value));
    else this.insertCells(at * 2, atMs, Number(value));
  }

  protected generalise(): void {
    const values = Array.from({ length: this.length }, (_, at) => this.value(at));
    if (this.isPaired) this.resetCells(this.cellList().filter((_, cell) => cell % 2 === 0));
    this.#values = values;
    this.#shape = "any";
  }

  /** Drops so many from the front. */
  protected dropFirst(count: number): void {
    this.dropCells(this.isPaired ? count * 2 : count);
    this.#values?.splice(0, count);
  }

  /** Drops every fact and gives its room back. */
  protected dropFacts(): void {
    this.clearCells();
    this.#values = null;
    this.#shape = null;
  }

  /** How many values differ. Beyond `enough` it is not counted on: whoever asks whether all are the same is answered sooner. */
  distinct(enough = Number.POSITIVE_INFINITY): number {
    const { length } = this;
    if (length < 2 || this.#shape === "none") return Math.min(length, 1);
    if (this.#values !== null) return new Set(this.#values).size;
    const { cells } = this;
    const first = this.cell(1);
    let at = 3;
    while (at < cells && this.cell(at) === first) at += 2;
    if (at > cells) return 1;
    if (enough < 2) return 2;
    const figures = new Set<number | undefined>([first]);
    for (; at < cells && figures.size <= enough; at += 2) figures.add(this.cell(at));
    return figures.size;
  }

  /** Values that are figures. */
  protected valueFigures(): number[] {
    if (this.#shape === "none" || this.#shape === null) return [];
    if (this.#values !== null) return this.#values.map(figureOf).filter((figure) => !Number.isNaN(figure));
    return Array.from({ length: this.length }, (_, at) => this.cell(at * 2 + 1) ?? 0);
  }
}
