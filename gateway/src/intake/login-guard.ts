/** When an address is locked. Milliseconds. */
export interface LoginLimits {
  /** So many failures from one address, none further back than `withinMs`, lock it. */
  readonly failures: number;
  readonly withinMs: number;
  /** The first lock; each further one lasts twice as long, up to `maxLockMs`. */
  readonly lockMs: number;
  readonly maxLockMs: number;
}

export const loginLimits: LoginLimits = { failures: 5, withinMs: 60_000, lockMs: 60_000, maxLockMs: 900_000 };

interface Address {
  failures: number;
  lastMs: number;
  lockedUntilMs: number;
  locks: number;
}

/** Addresses remembered: a stranger must not fill the memory with inventions. */
const maxAddresses = 1_000;

/** Slows down whoever guesses secrets: an address that fails too often is not heard for a while. */
export class LoginGuard {
  private readonly limits: LoginLimits;
  private readonly nowMs: () => number;
  private readonly addresses = new Map<string, Address>();

  constructor(limits: LoginLimits, nowMs: () => number) {
    this.limits = limits;
    this.nowMs = nowMs;
  }

  /** Milliseconds for which the address is locked still; 0: it may try. */
  lockedForMs(address: string): number {
    return Math.max(0, (this.addresses.get(address)?.lockedUntilMs ?? 0) - this.nowMs());
  }

  /** A secret was wrong. */
  failed(address: string): void {
    const { failures, withinMs, lockMs, maxLockMs } = this.limits;
    const now = this.nowMs();
    const known = this.addresses.get(address) ?? { failures: 0, lastMs: now, lockedUntilMs: 0, locks: 0 };
    known.failures = now - known.lastMs > withinMs ? 1 : known.failures + 1;
    known.lastMs = now;
    if (known.failures >= failures) {
      known.lockedUntilMs = now + Math.min(maxLockMs, lockMs * 2 ** known.locks);
      known.locks += 1;
      known.failures = 0;
    }
    this.addresses.delete(address);
    this.addresses.set(address, known);
    if (this.addresses.size <= maxAddresses) return;
    const [oldest] = this.addresses.keys();
    if (oldest !== undefined) this.addresses.delete(oldest);
  }

  /** A secret was right: what went before is forgotten. */
  succeeded(address: string): void {
    this.addresses.delete(address);
  }

  /** Addresses that are locked now. */
  locked(): number {
    return [...this.addresses.keys()].filter((address) => this.lockedForMs(address) > 0).length;
  }
}
