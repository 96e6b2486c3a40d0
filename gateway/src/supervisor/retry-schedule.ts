/** How reopening a device's line is spread. Milliseconds. */
export interface RetryLimits {
  readonly baseMs: number;
  /** Low, because the port is local: a scale that is plugged in again shall be heard within seconds. */
  readonly capMs: number;
  /** A connection that served for so long counts as good: the next failure starts at `baseMs` again. */
  readonly steadyAfterMs: number;
}

export const deviceRetryLimits: RetryLimits = { baseMs: 250, capMs: 5_000, steadyAfterMs: 10_000 };

/** Full jitter: uniform in [floor, min(cap, base · 2^failures)), so that many devices behind one box do not come at once. */
export class RetrySchedule {
  private readonly limits: RetryLimits;
  private readonly random: () => number;
  private failures = 0;

  /** `random` is uniform in [0, 1). */
  constructor(limits: RetryLimits, random: () => number) {
    this.limits = limits;
    this.random = random;
  }

  /** Milliseconds to wait after a connection that served for `servedMs` (0: it could not be opened). */
  next(servedMs: number): number {
    const { baseMs, capMs, steadyAfterMs } = this.limits;
    if (servedMs >= steadyAfterMs) this.failures = 0;
    this.failures += 1;
    const ceiling = Math.min(capMs, baseMs * 2 ** Math.min(this.failures, 30));
    const floor = baseMs / 5;
    return Math.round(floor + this.random() * (ceiling - floor));
  }
}
