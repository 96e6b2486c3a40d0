import type { ReconnectLimits } from "./uplink.ts";

/** The uplink's own: at most 1 s after the first failure, at most 30 s ever; good after a minute of service. */
export const reconnectLimits: ReconnectLimits = { baseMs: 500, capMs: 30_000, steadyAfterMs: 60_000 };

/**
 * When to connect again: full jitter, uniform in [0, min(cap, base · 2^failures)), so that a thousand gateways that lost
 * the same centre do not come back together. Only a connection that really served resets it: being let in and thrown out
 * again counts as a failure, or a second box with the same identity would make both reconnect for ever.
 */
export class ReconnectSchedule {
  private readonly limits: ReconnectLimits;
  private readonly random: () => number;
  private failures = 0;

  constructor(limits: ReconnectLimits, random: () => number) {
    this.limits = limits;
    this.random = random;
  }

  /** A connection ended, or could not be made; `servedMs` is how long the centre answered on it, 0 for never. */
  nextDelayMs(servedMs: number): number {
    const { baseMs, capMs, steadyAfterMs } = this.limits;
    if (servedMs >= steadyAfterMs) this.failures = 0;
    // The exponent is bounded so that years of failures stay a finite number.
    this.failures = Math.min(this.failures + 1, 30);
    return Math.floor(this.random() * Math.min(capMs, baseMs * 2 ** this.failures));
  }
}
