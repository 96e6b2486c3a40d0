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

const sizeFor = (cells: number): number => {
  let size = 0;
  while ((sizes[size] ?? Number.POSITIVE_INFINITY) < cells) size++;
  return size;
};

/** A list of figures in an arena: grows at its end, is shortened at its front, at most {@link largest} long. */
export class Cells {
  readonly #arena: CellArena;
  #block = none;
  #size = 0;
  /** Cells of the block before the first one that counts. */
  #first = 0;
  #length = 0;

  constructor(arena: CellArena) {
    this.#arena = arena;
  }

  get length(): number {
    return this.#length;
  }

  at(index: number): number | undefined {
    if (index < 0 || index >= this.#length) return undefined;
    const arena = this.#arena;
    return arena.chunk(this.#block)[arena.offset(this.#block) + this.#first + index];
  }

  push(figure: number): void {
    this.#makeRoom(1);
    this.#length++;
    this.#set(this.#length - 1, figure);
  }

  /** The same as to push both, one after the other. */
  pushTwo(first: number, second: number): void {
    this.#makeRoom(2);
    const arena = this.#arena;
    const cells = arena.chunk(this.#block);
    const at = arena.offset(this.#block) + this.#first + this.#length;
    cells[at] = first;
    cells[at + 1] = second;
    this.#length += 2;
  }

  /** Puts figures at a place; what was there and behind moves on. */
  insert(index: number, ...figures: readonly number[]): void {
    const { length } = figures;
    this.#makeRoom(length);
    const from = this.#arena.offset(this.#block) + this.#first;
    this.#arena.chunk(this.#block).copyWithin(from + index + length, from + index, from + this.#length);
    this.#length += length;
    for (const [offset, figure] of figures.entries()) this.#set(index + offset, figure);
  }

  #set(index: number, figure: number): void {
    const arena = this.#arena;
    arena.chunk(this.#block)[arena.offset(this.#block) + this.#first + index] = figure;
  }

  /** Drops so many from the front. */
  dropFirst(count: number): void {
    this.#first += count;
    this.#length -= count;
    if (this.#length <= 0) this.clear();
    else if (this.#length * 4 < (sizes[this.#size] ?? 0)) this.#move(sizeFor(this.#length));
  }

  /** Drops everything and gives its room back. */
  clear(): void {
    if (this.#block !== none) this.#arena.give(this.#block, this.#size);
    this.#block = none;
    this.#first = 0;
    this.#length = 0;
  }

  /** Makes it hold these. */
  reset(figures: readonly number[]): void {
    this.clear();
    for (const figure of figures) this.push(figure);
  }

  toArray(): number[] {
    if (this.#block === none) return [];
    const from = this.#arena.offset(this.#block) + this.#first;
    return [...this.#arena.chunk(this.#block).subarray(from, from + this.#length)];
  }

  #makeRoom(more: number): void {
    const wanted = this.#length + more;
    if (this.#block === none) {
      this.#size = sizeFor(wanted);
      this.#block = this.#arena.take(this.#size);
      return;
    }
    const capacity = sizes[this.#size] ?? 0;
    if (this.#first + wanted <= capacity) return;
    // Nearly full: moved to the front it would be full again soon.
    if (wanted * 8 > capacity * 7) this.#move(sizeFor(wanted));
    else this.#moveToFront();
  }

  #moveToFront(): void {
    const arena = this.#arena;
    const from = arena.offset(this.#block);
    arena.chunk(this.#block).copyWithin(from, from + this.#first, from + this.#first + this.#length);
    this.#first = 0;
  }

  #move(size: number): void {
    if (size === this.#size) {
      this.#moveToFront();
      return;
    }
    const arena = this.#arena;
    const block = arena.take(size);
    const cells = arena.chunk(this.#block);
    const from = arena.offset(this.#block) + this.#first;
    arena.chunk(block).set(cells.subarray(from, from + this.#length), arena.offset(block));
    arena.give(this.#block, this.#size);
    this.#block = block;
    this.#size = size;
    this.#first = 0;
  }
}
