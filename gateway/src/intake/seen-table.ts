const minSlots = 256;
const entryBytes = 16;

/** Digests of one message: of its id and of its content, 64 bits each. */
export interface SeenEntry {
  readonly id: bigint;
  readonly content: bigint;
}

/** Message ids and what they were used for: open addressing in one flat array, 32 bytes an entry at most. */
export class SeenTable {
  private slots = new BigUint64Array(2 * minSlots);
  private count = 0;

  get size(): number {
    return this.count;
  }

  /** Digest of the content that the id was used for. */
  find(id: bigint): bigint | undefined {
    const at = this.slotOf(id);
    return this.slots[2 * at] === 0n ? undefined : this.slots[2 * at + 1];
  }

  /** The first content of an id stays. An id of 0 is none. */
  add({ id, content }: SeenEntry): void {
    if (id === 0n) return;
    if (this.count * 4 >= this.slots.length) this.grow();
    const at = this.slotOf(id);
    if (this.slots[2 * at] !== 0n) return;
    this.slots[2 * at] = id;
    this.slots[2 * at + 1] = content;
    this.count += 1;
  }

  /** The slot of an id, or the free one where it belongs. */
  private slotOf(id: bigint): number {
    const slots = this.slots.length / 2;
    let at = Number(id % BigInt(slots));
    for (;;) {
      const found = this.slots[2 * at];
      if (found === 0n || found === id) return at;
      at = (at + 1) % slots;
    }
  }

  private grow(): void {
    const before = this.slots;
    this.slots = new BigUint64Array(2 * before.length);
    this.count = 0;
    for (let at = 0; at < before.length; at += 2) {
      this.add({ id: before[at] ?? 0n, content: before[at + 1] ?? 0n });
    }
  }
}

/** An entry as it stands in the file. */
export const entryOctets = ({ id, content }: SeenEntry): Buffer => {
  const octets = Buffer.alloc(entryBytes);
  octets.writeBigUInt64LE(id, 0);
  octets.writeBigUInt64LE(content, 8);
  return octets;
};

/** Whole entries of a file; what was cut off at its end is left out. */
export const entriesIn = (octets: Buffer): SeenEntry[] =>
  Array.from({ length: Math.floor(octets.length / entryBytes) }, (_unused, index) => ({
    id: octets.readBigUInt64LE(index * entryBytes),
    content: octets.readBigUInt64LE(index * entryBytes + 8),
  }));
