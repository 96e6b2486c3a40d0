/** How far a viewer may fall behind. */
export const viewerLimits = { mostWaitingBytes: 1_500_000, stuckMs: 30_000 } as const;

/**
 * Decides what goes to one viewer, by what still waits for it: a viewer that falls behind is left out until the next key
 * frame, when there is room again. Others never wait for it.
 */
export class ViewerGate {
  #skips = true;
  #fullSinceMs: number | null = null;
  #skipped = 0;

  /** Fragments that were left out. */
  get skipped(): number {
    return this.#skipped;
  }

  /**
   * Whether a fragment goes out now. `behind`: from this one on nothing does; the viewer is told. `stuck`: nothing moved for
   * too long; the viewer is to be let go.
   */
  pass(key: boolean, waitingBytes: number, nowMs: number): "send" | "behind" | "skip" | "stuck" {
    const isFull = waitingBytes > viewerLimits.mostWaitingBytes;
    if (!isFull) this.#fullSinceMs = null;
    else this.#fullSinceMs ??= nowMs;
    if (this.#fullSinceMs !== null && nowMs - this.#fullSinceMs > viewerLimits.stuckMs) return "stuck";
    const wasSending = !this.#skips;
    if (isFull) this.#skips = true;
    else if (key && waitingBytes <= viewerLimits.mostWaitingBytes / 2) this.#skips = false;
    if (this.#skips) this.#skipped++;
    if (!this.#skips) return "send";
    return wasSending ? "behind" : "skip";
  }
}
