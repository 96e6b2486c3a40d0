import type { GatheredPart } from "./gathered-part.ts";

/** Which rules have a part in a group, and at which place. Shared by all groups in which the same rules met in the same order. */
class Layout {
  readonly epochs: readonly number[];
  readonly places: ReadonlyMap<number, number>;
  readonly #longer = new Map<number, Layout>();

  constructor(epochs: readonly number[] = []) {
    this.epochs = epochs;
    this.places = new Map(epochs.map((epoch, place) => [epoch, place]));
  }

  with(epoch: number): Layout {
    let longer = this.#longer.get(epoch);
    if (longer === undefined) {
      longer = new Layout([...this.epochs, epoch]);
      this.#longer.set(epoch, longer);
    }
    return longer;
  }
}

const empty = new Layout();

/** Parts of a group by the epochs of their rules: a map that takes a third of one's room, because a city has ten thousands. */
export class GroupParts {
  #layout = empty;
  #parts: readonly GatheredPart[] = [];

  get(epoch: number): GatheredPart | undefined {
    const place = this.#layout.places.get(epoch);
    return place === undefined ? undefined : this.#parts[place];
  }

  /** Adds the part of a rule that has none yet. */
  add(epoch: number, part: GatheredPart): void {
    this.#layout = this.#layout.with(epoch);
    // Made anew and not extended: a list that grows keeps room for sixteen more.
    this.#parts = [...this.#parts, part];
  }

  /** Keeps the parts of rules that are there, and gives back the room of the others. */
  keep(isThere: (epoch: number) => boolean): void {
    const all = this.entries();
    if (all.every(([epoch]) => isThere(epoch))) return;
    this.#layout = empty;
    this.#parts = [];
    for (const [epoch, part] of all) {
      if (isThere(epoch)) this.add(epoch, part);
      else part.release();
    }
  }

  all(): readonly GatheredPart[] {
    return this.#parts;
  }

  entries(): readonly (readonly [epoch: number, part: GatheredPart])[] {
    return this.#parts.map((part, place) => [this.#layout.epochs[place] ?? 0, part]);
  }
}
