import type { Random } from "../src/random.ts";

/** A piece of output and how long it waits behind the piece before it. */
export interface Piece {
  readonly bytes: Uint8Array;
  readonly delayMs: number;
}

/**
 * Does something to one piece of a device's output. Pure but for the seeded randomness, so that a run can be repeated;
 * faults are applied one after the other, each to the pieces the one before left.
 */
export type Fault = (piece: Piece, random: Random) => readonly Piece[];

/** Loses a whole piece (a frame, as devices send them) with the given probability. */
export const drop =
  (probability: number): Fault =>
  (piece, random) =>
    random.chance(probability) ? [] : [piece];

/** Cuts the end off a piece, leaving at least nothing and at most all but one byte. */
export const truncate =
  (probability: number): Fault =>
  (piece, random) =>
    random.chance(probability)
      ? [{ ...piece, bytes: piece.bytes.slice(0, random.below(piece.bytes.length)) }]
      : [piece];

/** Turns one bit of each byte with the given probability. */
export const bitFlip =
  (probabilityPerByte: number): Fault =>
  (piece, random) => [
    {
      ...piece,
      bytes: piece.bytes.map((byte) => (random.chance(probabilityPerByte) ? byte ^ (1 << random.below(8)) : byte)),
    },
  ];

/** Loses each byte with the given probability. */
export const byteDrop =
  (probabilityPerByte: number): Fault =>
  (piece, random) => [{ ...piece, bytes: piece.bytes.filter(() => !random.chance(probabilityPerByte)) }];

/** Delivers a piece in two, the second part later. Harmless to a good receiver. */
export const split =
  (probability: number, delayMs: number): Fault =>
  (piece, random) => {
    if (piece.bytes.length < 2 || !random.chance(probability)) return [piece];
    const at = 1 + random.below(piece.bytes.length - 1);
    return [
      { bytes: piece.bytes.slice(0, at), delayMs: piece.delayMs },
      { bytes: piece.bytes.slice(at), delayMs },
    ];
  };

/** Holds everything back for a while, then delivers it. */
export const stall =
  (probability: number, forMs: number): Fault =>
  (piece, random) =>
    random.chance(probability) ? [{ ...piece, delayMs: piece.delayMs + forMs }] : [piece];

/** Adds up to `maxBytes` random bytes before a piece. */
export const noise =
  (probability: number, maxBytes: number): Fault =>
  (piece, random) => {
    if (!random.chance(probability)) return [piece];
    const bytes = Uint8Array.from({ length: 1 + random.below(maxBytes) }, () => random.below(256));
    return [
      { bytes, delayMs: piece.delayMs },
      { ...piece, delayMs: 0 },
    ];
  };

/** What one piece becomes under several faults. */
export const applyFaults = (faults: readonly Fault[], bytes: Uint8Array, random: Random): readonly Piece[] => {
  let pieces: readonly Piece[] = [{ bytes, delayMs: 0 }];
  for (const fault of faults) pieces = pieces.flatMap((piece) => fault(piece, random));
  return pieces.filter((piece) => piece.bytes.length > 0);
};
