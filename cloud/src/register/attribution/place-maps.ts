import { maxAreaDepth } from "./attribution.ts";
import { IntervalIndex, type TextTable } from "./interval-index.ts";

/** Numbers of devices by gateway and id, without joining the two. */
export class DeviceTable {
  readonly #gateways = new Map<string, Map<string, number>>();
  #count = 0;

  numberOf(gw: string, dev: string): number {
    let devices = this.#gateways.get(gw);
    if (devices === undefined) {
      devices = new Map();
      this.#gateways.set(gw, devices);
    }
    const known = devices.get(dev);
    if (known !== undefined) return known;
    devices.set(dev, this.#count);
    return this.#count++;
  }

  /** -1 for a device that was never given a number. */
  find(gw: string, dev: string): number {
    return this.#gateways.get(gw)?.get(dev) ?? -1;
  }

  /** Ids of the devices of a gateway. */
  of(gw: string): Iterable<string> {
    return this.#gateways.get(gw)?.keys() ?? [];
  }
}

interface AreaPath {
  readonly from: number;
  readonly to: number;
  readonly path: readonly string[];
}

/** The area tree in time. Answers are shared: the same path is the same array. */
export class AreaTree {
  readonly #names: TextTable;
  readonly #parents = new IntervalIndex();
  readonly #paths = new Map<number, AreaPath>();

  /** `names` numbers areas; the empty text is no area. */
  constructor(names: TextTable) {
    this.#names = names;
  }

  /** To be filled and changed through; {@link forgetPaths} afterwards. */
  get parents(): IntervalIndex {
    return this.#parents;
  }

  forgetPaths(): void {
    this.#paths.clear();
  }

  /** Codes from the widest area down to this one; as far up as the register says. */
  pathOf(area: number, minute: number): readonly string[] {
    const known = this.#paths.get(area);
    if (known !== undefined && known.from <= minute && minute < known.to) return known.path;
    const found = this.#search(area, minute);
    if (found.path.length > 0) this.#paths.set(area, found);
    return found.path;
  }

  /** The minute at which the path of an area at `minute` may end. */
  until(area: number, minute: number): number {
    let until = Number.POSITIVE_INFINITY;
    let next = area;
    for (let depth = 0; depth < maxAreaDepth && this.#names.textOf(next) !== ""; depth++) {
      until = Math.min(until, this.#parents.until(next, minute));
      const parent = this.#parents.find(next, minute);
      if (parent < 0) break;
      next = parent;
    }
    return until;
  }

  #search(area: number, minute: number): AreaPath {
    const path: string[] = [];
    let [from, to] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    let next = area;
    while (path.length < maxAreaDepth) {
      const name = this.#names.textOf(next);
      if (name === "") break;
      const found = this.#parents.interval(next, minute);
      // What is not there may begin at any time: such a path is good for this minute only.
      if (found === undefined) return { from: minute, to: minute + 1, path: path.reverse() };
      from = Math.max(from, found.from);
      to = Math.min(to, found.to);
      path.push(name);
      next = found.value;
    }
    return { from, to, path: path.reverse() };
  }
}
