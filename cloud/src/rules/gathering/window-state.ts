import type { Observation } from "../observation.ts";
import type { CellArena } from "./cells.ts";
import type { GatheredPart, PartKind } from "./gathered-part.ts";
import { type StoredFacts, type WindowFact, WindowFacts, type WindowFigures } from "./window-facts.ts";

/** What the group's latest record said, for what the clock alone brings about. */
export type LatestOf = Pick<Observation, "labels" | "gw" | "dev" | "site">;

/** A window as it is stored. */
interface StoredWindow {
  readonly facts: StoredFacts;
  readonly held: boolean;
  readonly of: LatestOf | null;
}

const emptyWindow: StoredWindow = { facts: [], held: false, of: null };

/** For so long facts stay after their window is over: what arrives late still finds them. */
const keptMs = 86_400_000;

/** How long windows are. */
interface Span {
  readonly overMs: number;
}

/** A window of one group. */
export class WindowState extends WindowFacts implements GatheredPart {
  /** Shared by all windows of a rule: a length of its own in each would be a figure on the heap. */
  readonly #span: Span;
  /** Whether the condition held when it was looked at last. */
  held: boolean;
  /** Null while it does not hold. */
  of: LatestOf | null;

  constructor(span: Span, arena: CellArena, { facts, held, of }: StoredWindow = emptyWindow) {
    super(facts, arena);
    this.#span = span;
    this.held = held;
    this.of = of;
  }

  get overMs(): number {
    return this.#span.overMs;
  }

  get dueMs(): number | null {
    return this.held ? (this.oldestMs ?? 0) + this.overMs : null;
  }

  get goneMs(): number | null {
    return this.held ? null : (this.newestMs ?? 0) + this.overMs + keptMs;
  }

  get size(): number {
    return this.length;
  }

  /** Takes a fact; false when it comes too late for the window, which ends at its latest fact. */
  take(atMs: number, line: number, value: WindowFact[4]): boolean {
    const { overMs } = this;
    const endMs = Math.max(this.newestMs ?? Number.NEGATIVE_INFINITY, atMs);
    if (atMs <= endMs - overMs) return false;
    if ((this.oldestMs ?? endMs) <= endMs - overMs) this.dropUntil(endMs - overMs);
    this.addOne(atMs, line, value);
    return true;
  }

  override dropLine(line: number): boolean {
    if (!super.dropLine(line)) return false;
    this.held = false;
    this.of = null;
    return true;
  }

  release(): void {
    this.clear();
  }

  toJSON(): StoredWindow {
    return { facts: this.stored, held: this.held, of: this.of };
  }
}

/** Windows of a length. */
export const windowKind = (overMs: number): PartKind<WindowState> => {
  const span: Span = { overMs };
  return {
    empty: (arena) => new WindowState(span, arena),
    revive: (arena, stored) => new WindowState(span, arena, stored as StoredWindow),
    replay: (part, { atMs, line, value }) => {
      part.take(atMs, line, value);
    },
  };
};

/**
 * A window's figures as expressions ask for them, each worked out only then. One object serves all windows of a rule, one
 * after the other.
 */
export class WindowView implements Omit<WindowFigures, "count" | "distinct"> {
  readonly overMs: number;
  facts = new WindowFacts([]);

  constructor(overMs: number) {
    this.overMs = overMs;
  }

  get count(): number {
    return this.facts.count;
  }

  get distinct(): number {
    return this.facts.distinct();
  }

  /** The same as far as `enough`; more than that where there are more. */
  distinctAsFarAs(enough: number): number {
    return this.facts.distinct(enough);
  }

  get sum(): number {
    return this.facts.sum;
  }

  get rate(): number {
    return this.facts.rate(this.overMs);
  }

  get min(): number {
    return this.facts.range().min;
  }

  get max(): number {
    return this.facts.range().max;
  }

  get spanSeconds(): number {
    return this.facts.spanSeconds();
  }

  /** All of them, with the types that expressions were checked against. */
  figures(): WindowFigures {
    return this.facts.figures(this.overMs, true);
  }
}
