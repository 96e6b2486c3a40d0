const leastBytes = 64 * 1024;

/** Memory in which octets are gathered, used again and again: it grows as needed, up to a limit. */
export class GatheredBytes {
  readonly #mostBytes: number;
  #memory: Buffer = Buffer.alloc(0);
  /** How many are gathered. Set it back to drop what came last. */
  length = 0;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** Makes room for so many more. False: they would be too many. */
  room(more: number): boolean {
    const needed = this.length + more;
    if (needed <= this.#memory.length) return true;
    if (needed > this.#mostBytes) return false;
    const size = Math.min(this.#mostBytes, Math.max(leastBytes, needed, this.#memory.length * 2));
    const memory = Buffer.allocUnsafeSlow(size);
    this.#memory.copy(memory, 0, 0, this.length);
    this.#memory = memory;
    return true;
  }

  /** Adds octets of another memory; there must be room. */
  add(bytes: Buffer, start: number, end: number): void {
    bytes.copy(this.#memory, this.length, start, end);
    this.length += end - start;
  }

  /** Adds one octet; there must be room. */
  addByte(value: number): void {
    this.#memory[this.length++] = value;
  }

  /** Writes a number of four octets, big-endian, over what is there. */
  writeWord(value: number, at: number): void {
    this.#memory.writeUInt32BE(value, at);
  }

  /** One that is gathered. */
  at(index: number): number {
    return this.#memory[index] ?? 0;
  }

  /** What is gathered between two places: a view, good until more is gathered. */
  view(start = 0, end = this.length): Buffer {
    return this.#memory.subarray(start, end);
  }
}
