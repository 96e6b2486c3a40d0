import type { CellArena } from "./cells.ts";
import type { FactValue } from "./fact-columns.ts";

/** What one rule has gathered for one group. */
export interface GatheredPart {
  /** When it must be looked at though nothing came; null: need not be. */
  readonly dueMs: number | null;
  /** When nothing of it counts any more; null: never. */
  readonly goneMs: number | null;
  /** Lines whose facts it has. */
  readonly lines: readonly number[];
  /** How many facts it holds. */
  readonly size: number;
  /** Gives up the facts of a line; true when there were some. */
  dropLine(line: number): boolean;
  /** Gives back the room that it takes; it is not to be used any more. */
  release(): void;
  /** As it is stored, as JSON. */
  toJSON(): unknown;
}

/** One addition to a part. */
export interface Added {
  readonly atMs: number;
  readonly line: number;
  readonly value: FactValue;
}

/** How parts of a rule are made. */
export interface PartKind<Part extends GatheredPart = GatheredPart> {
  empty(arena: CellArena): Part;
  /** From what was stored. */
  revive(arena: CellArena, stored: unknown): Part;
  /** Adds once more what was added before the last end of the process. */
  replay(part: Part, added: Added): void;
}
