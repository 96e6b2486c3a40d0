const stop = new Int32Array(new SharedArrayBuffer(4));

/** Longest rest, so that a clock that jumps holds nothing up. */
const maxRestMs = 1_000;

/**
 * Rests, blocking its thread, for as long as the work since the last rest took: a copy has half of a disk at most, and
 * receipts the other half. Never on a thread that answers anybody.
 */
export const considerately = (): (() => void) => {
  let sinceMs = performance.now();
  return () => {
    const tookMs = performance.now() - sinceMs;
    Atomics.wait(stop, 0, 0, Math.min(maxRestMs, tookMs));
    sinceMs = performance.now();
  };
};
