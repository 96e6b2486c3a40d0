/** Doubles of one chunk of an arena; a block never lies in two. */
const usualChunk = 1 << 16;

/** Doubles that a block holds, by the number of its size: each some third more than the one before. */
const sizes = [
  2, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096,
] as const;

const largest = sizes.at(-1) ?? 0;
const none = -1;

/**
 * Room for figures, outside of the heap that is searched for garbage: hundred thousands of lists that live for a day would be
 * looked through again and again. What is taken has to be given back; all of it goes with the arena.
 */
export class CellArena {
  readonly #chunkCells: number;
  readonly #shift: number;
  readonly #chunks: Float64Array[] = [];
  /** The first free block of each size; each holds the place of the next. */
  readonly #free: number[] = sizes.map(() => none);
  #used = 0;

  /** `chunkCells`: a power of two, not less than the largest block. */
  constructor(chunkCells = usualChunk) {
    this.#chunkCells = Math.max(chunkCells, largest);
    this.#shift = Math.log2(this.#chunkCells);
    this.#used = this.#chunkCells;
  }

  /** Octets that it holds, used or not. */
  get bytes(): number {
    return this.#chunks.length * this.#chunkCells * Float64Array.BYTES_PER_ELEMENT;
  }

  /** The chunk in which a block lies. */
  chunk(block: number): Float64Array {
    return this.#chunks[block >> this.#shift] as Float64Array;
  }

  /** Where in its chunk a block begins. */
  offset(block: number): number {
    return block & (this.#chunkCells - 1);
  }

  /** A block of a size, with anything in it. */
  take(size: number): number {
    const free = this.#free[size] ?? none;
    if (free !== none) {
      this.#free[size] = this.chunk(free)[this.offset(free)] ?? none;
      return free;
    }
    const cells = sizes[size] ?? largest;
    if (this.#used + cells > this.#chunkCells) {
      this.#giveRest();
      this.#chunks.push(new Float64Array(this.#chunkCells));
      this.#used = 0;
    }
    const block = (this.#chunks.length - 1) * this.#chunkCells + this.#used;
    this.#used += cells;
    return block;
  }

  /** Gives back a block of a size. */
  give(block: number, size: number): void {
    this.chunk(block)[this.offset(block)] = this.#free[size] ?? none;
    this.#free[size] = block;
  }

  /** What is left of the last chunk serves smaller blocks. */
  #giveRest(): void {
    for (let size = sizes.length - 1; size >= 0; size--) {
      const cells = sizes[size] ?? largest;
      while (this.#used + cells <= this.#chunkCells) {
        this.give((this.#chunks.length - 1) * this.#chunkCells + this.#used, size);
        this.#used += cells;
      }
    }
  }
}

/** For lists that belong to nothing larger. */
export const ownArena = (): CellArena => new CellArena(largest);

const extentOf = (first: number, size: number, length: number): number =>
  (first << (lengthBits + sizeBits)) | (size << lengthBits) | length;

const sizeFor = (cells: number): number => {
  let size = 0;
  while ((sizes[size] ?? Number.POSITIVE_INFINITY) < cells) size++;
  return size;
};

/** Where a list begins in its block, how many cells it has, and the number of the block's size, in one figure of 31 bits. */
const lengthBits = 13;
const sizeBits = 5;
const lengthMask = (1 << lengthBits) - 1;
const sizeMask = (1 << sizeBits) - 1;

/**
 * A list of figures in an arena: grows at its end, is shortened at its front, at most {@link largest} long. To be extended by
 * what consists of one: a city has hundred thousands, and objects that hold each other would be most of the heap.
 */
export abstract class Cells {
  /** Protected and not private: every class with private methods makes its objects larger. */
  protected readonly arena: CellArena;
  protected block = none;
  protected extent = 0;

  constructor(arena: CellArena) {
    this.arena = arena;
  }

  /** How many there are. */
  protected get cells(): number {
    return this.extent & lengthMask;
  }

  protected cell(index: number): number | undefined {
    const { extent, block, arena } = this;
    if (index < 0 || index >= (extent & lengthMask)) return undefined;
    return arena.chunk(block)[arena.offset(block) + (extent >>> (lengthBits + sizeBits)) + index];
  }

  protected pushCell(figure: number): void {
    const at = this.roomFor(1);
    this.arena.chunk(this.block)[at] = figure;
    this.extent++;
  }

  /** The same as to push both, one after the other. */
  protected pushCells(first: number, second: number): void {
    const at = this.roomFor(2);
    const chunk = this.arena.chunk(this.block);
    chunk[at] = first;
    chunk[at + 1] = second;
    this.extent += 2;
  }

  /** Puts figures at a place; what was there and behind moves on. */
  protected insertCells(index: number, ...figures: readonly number[]): void {
    const { length } = figures;
    const end = this.roomFor(length);
    const from = end - this.cells + index;
    const chunk = this.arena.chunk(this.block);
    chunk.copyWithin(from + length, from, end);
    chunk.set(figures, from);
    this.extent += length;
  }

  /** Drops so many from the front. */
  protected dropCells(count: number): void {
    const { extent } = this;
    const left = (extent & lengthMask) - count;
    if (left <= 0) {
      this.clearCells();
      return;
    }
    const size = (extent >>> lengthBits) & sizeMask;
    const first = (extent >>> (lengthBits + sizeBits)) + count;
    this.extent = extentOf(first, size, left);
    if (left * 4 < (sizes[size] ?? 0)) this.moveTo(sizeFor(left));
  }

  /** Drops everything and gives its room back. */
  protected clearCells(): void {
    if (this.block !== none) this.arena.give(this.block, (this.extent >>> lengthBits) & sizeMask);
    this.block = none;
    this.extent = 0;
  }

  /** Makes it hold these. */
  protected resetCells(figures: readonly number[]): void {
    this.clearCells();
    for (const figure of figures) this.pushCell(figure);
  }

  protected cellList(): number[] {
    if (this.block === none) return [];
    const from = this.arena.offset(this.block) + (this.extent >>> (lengthBits + sizeBits));
    return [...this.arena.chunk(this.block).subarray(from, from + this.cells)];
  }

  /** Makes room for more and says where in its chunk the list ends. */
  protected roomFor(more: number): number {
    const { arena, extent } = this;
    const length = extent & lengthMask;
    if (this.block === none) {
      const size = sizeFor(more);
      this.block = arena.take(size);
      this.extent = extentOf(0, size, 0);
      return arena.offset(this.block);
    }
    const first = extent >>> (lengthBits + sizeBits);
    const capacity = sizes[(extent >>> lengthBits) & sizeMask] ?? 0;
    const wanted = length + more;
    if (first + wanted <= capacity) return arena.offset(this.block) + first + length;
    // Nearly full: moved to the front it would be full again soon.
    this.moveTo(wanted * 8 > capacity * 7 ? sizeFor(wanted) : (extent >>> lengthBits) & sizeMask);
    return arena.offset(this.block) + length;
  }

  /** Moves the list to the front of a block of a size. */
  protected moveTo(size: number): void {
    const { arena, block, extent } = this;
    const length = extent & lengthMask;
    const before = (extent >>> lengthBits) & sizeMask;
    const from = arena.offset(block) + (extent >>> (lengthBits + sizeBits));
    if (size === before) arena.chunk(block).copyWithin(arena.offset(block), from, from + length);
    else {
      this.block = arena.take(size);
      const [of, to, at] = [arena.chunk(block), arena.chunk(this.block), arena.offset(this.block)];
      // Most are short: a view of the cells would cost more than they do.
      for (let cell = 0; cell < length; cell++) to[at + cell] = of[from + cell] ?? 0;
      arena.give(block, before);
    }
    this.extent = extentOf(0, size, length);
  }
}
