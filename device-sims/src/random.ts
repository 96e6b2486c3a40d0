/** Repeatable randomness: the same seed gives the same faults and loads. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** An integer in [0, below). */
  below(below: number): number;
  /** True with the given probability. */
  chance(probability: number): boolean;
}

/** Mulberry32: small, fast, good enough for faults; not for secrets. */
export const createRandom = (seed: number): Random => {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
  return { next, below: (below) => Math.floor(next() * below), chance: (probability) => next() < probability };
};

/** A seed of its own for each of many devices. */
export const seedOf = (seed: number, name: string): number => {
  let mixed = seed >>> 0;
  for (const char of name) mixed = Math.imul(mixed ^ (char.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return mixed;
};
