/** An ordinary quartz is off by less: 100 parts per million, 8.6 s a day. */
export const driftPerMs = 100e-6;

/**
 * What signed answers of the centre say about the time. An answer to our own question was signed after the question went
 * out and before the answer came in, so the centre's clock minus our monotonic clock lies between two bounds. Bounds of
 * several answers are cut with each other and widen with drift; the offset moves only as far as they force it to, so that
 * the wall clock does not tremble with the network.
 */
export class ReceiptTime {
  private lowMs = 0;
  private highMs = 0;
  private offset = 0;
  private atMs: number | undefined;

  get isKnown(): boolean {
    return this.atMs !== undefined;
  }

  /** Takes an answer: the centre's time in it, our monotonic times of the question and the answer. */
  learn(centreMs: number, askedMs: number, receivedMs: number): void {
    const [low, high] = [centreMs - receivedMs, centreMs - askedMs];
    const widening = (receivedMs - (this.atMs ?? receivedMs)) * driftPerMs;
    const lowMs = Math.max(low, this.lowMs - widening);
    const highMs = Math.min(high, this.highMs + widening);
    const isFirst = this.atMs === undefined;
    this.atMs = receivedMs;
    if (isFirst || lowMs > highMs) {
      // The first, or the centre's clock itself was set: what was known before counts no more.
      [this.lowMs, this.highMs, this.offset] = [low, high, (low + high) / 2];
      return;
    }
    this.lowMs = lowMs;
    this.highMs = highMs;
    this.offset = Math.min(highMs, Math.max(lowMs, this.offset));
  }

  /** The centre's time minus our monotonic time, in milliseconds. */
  get offsetMs(): number {
    return this.offset;
  }

  /** Bound of the error of {@link offsetMs} at monotonic time `nowMs`, against the centre's clock. */
  errMs(nowMs: number): number {
    const drift = (nowMs - (this.atMs ?? nowMs)) * driftPerMs;
    return Math.max(this.highMs - this.offset, this.offset - this.lowMs) + drift;
  }
}
