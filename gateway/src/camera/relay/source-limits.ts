/** Times of a source, in milliseconds. */
export interface SourceLimits {
  /** The session stays so long after the last one has let go. */
  readonly lingerMs: number;
  /** For connecting, and for each answer of the camera. */
  readonly answerMs: number;
  /** Without a packet for so long, the session is made anew. */
  readonly silentMs: number;
  readonly fragmentMs: number;
  /** Waits between tries, each drawn from the half below. */
  readonly retriesMs: readonly number[];
  /** After a refused password: cameras lock accounts. */
  readonly refusedRetryMs: number;
}

/** What is used where nothing else is said. */
export const usualLimits: SourceLimits = {
  lingerMs: 10_000,
  answerMs: 5_000,
  silentMs: 15_000,
  fragmentMs: 200,
  retriesMs: [1_000, 2_000, 5_000, 10_000, 30_000],
  refusedRetryMs: 300_000,
};
