/** Requests that one address may make at once, and for long, a second: several screens behind one address are enough. */
const burst = 120;
const perSecond = 10;
/** Addresses remembered: a stranger must not fill the memory with inventions. */
const maxAddresses = 1_000;

/** Keeps one reader of a public page from taking the box. */
export class RequestPace {
  readonly #nowMs: () => number;
  readonly #addresses = new Map<string, { readonly tokens: number; readonly atMs: number }>();

  /** `nowMs` is monotonic. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Milliseconds to wait before the next request of an address; 0: it is answered now. */
  waitMs(address: string): number {
    const now = this.#nowMs();
    const known = this.#addresses.get(address) ?? { tokens: burst, atMs: now };
    const tokens = Math.min(burst, known.tokens + ((now - known.atMs) * perSecond) / 1_000);
    const isTaken = tokens >= 1;
    this.#addresses.delete(address);
    this.#addresses.set(address, { tokens: isTaken ? tokens - 1 : tokens, atMs: now });
    const [oldest] = this.#addresses.keys();
    if (this.#addresses.size > maxAddresses && oldest !== undefined) this.#addresses.delete(oldest);
    return isTaken ? 0 : Math.ceil(((1 - tokens) * 1_000) / perSecond);
  }
}
