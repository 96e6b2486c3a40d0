import { figureOf } from "../cel/cel-functions.ts";
import { type CellArena, Cells } from "./cells.ts";

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
export class FactColumns {
  /** Times; in the shapes of figures a value after each. */
  readonly #cells: Cells;
  /** Values that are neither figures nor texts of figures, or not all of them. */
  #values: FactValue[] | null = null;
  #shape: Shape | null = null;
  #stride: 1 | 2 = 1;

  constructor(arena: CellArena) {
    this.#cells = new Cells(arena);
  }

  get length(): number {
    return this.#stride === 1 ? this.#cells.length : this.#cells.length >>> 1;
  }

  #take(shape: Shape | null): void {
    this.#shape = shape;
    this.#stride = shape === "figures" || shape === "texts" ? 2 : 1;
  }

  get hasValues(): boolean {
    return this.#shape !== "none" && this.#shape !== null;
  }

  time(at: number): number | undefined {
    return this.#cells.at(at * this.#stride);
  }

  value(at: number): FactValue {
    if (this.#values !== null) return this.#values[at] ?? null;
    if (this.#stride === 1) return null;
    const figure = this.#cells.at(at * 2 + 1) ?? 0;
    return this.#shape === "texts" ? String(figure) : figure;
  }

  /** A value's figure; 0 where it is none. */
  figure(at: number): number {
    if (this.#values !== null) return summable(this.#values[at] ?? null);
    return this.#stride === 1 ? 0 : (this.#cells.at(at * 2 + 1) ?? 0);
  }

  /** Puts a fact at a place; what was there and behind moves on. */
  insert(at: number, atMs: number, value: FactValue): void {
    const shape = shapeOf(value);
    if (this.#cells.length === 0) this.#take(shape);
    if (this.#values === null && (shape === "any" || shape !== this.#shape)) this.#generalise();
    if (this.#values !== null) {
      this.#cells.insert(at, atMs);
      this.#values.splice(at, 0, value);
    } else if (this.#stride === 1) {
      if (at === this.#cells.length) this.#cells.push(atMs);
      else this.#cells.insert(at, atMs);
    } else if (at * 2 === this.#cells.length) this.#cells.pushTwo(atMs, Number(value));
    else this.#cells.insert(at * 2, atMs, Number(value));
  }

  #generalise(): void {
    const values = Array.from({ length: this.length }, (_, at) => this.value(at));
    if (this.#stride === 2) this.#cells.reset(this.#cells.toArray().filter((_, cell) => cell % 2 === 0));
    this.#values = values;
    this.#take("any");
  }

  /** Drops so many from the front. */
  dropFirst(count: number): void {
    this.#cells.dropFirst(count * this.#stride);
    this.#values?.splice(0, count);
  }

  /** Drops everything and gives its room back. */
  clear(): void {
    this.#cells.clear();
    this.#values = null;
    this.#take(null);
  }

  /** How many values differ. */
  distinct(): number {
    const { length } = this;
    if (length < 2 || this.#shape === "none") return Math.min(length, 1);
    if (this.#values !== null) return new Set(this.#values).size;
    const first = this.#cells.at(1);
    let at = 3;
    while (at < this.#cells.length && this.#cells.at(at) === first) at += 2;
    if (at > this.#cells.length) return 1;
    const figures = new Set<number | undefined>([first]);
    for (; at < this.#cells.length; at += 2) figures.add(this.#cells.at(at));
    return figures.size;
  }

  /** Values that are figures. */
  figures(): number[] {
    if (this.#shape === "none" || this.#shape === null) return [];
    if (this.#values !== null) return this.#values.map(figureOf).filter((figure) => !Number.isNaN(figure));
    return Array.from({ length: this.length }, (_, at) => this.#cells.at(at * 2 + 1) ?? 0);
  }
}
