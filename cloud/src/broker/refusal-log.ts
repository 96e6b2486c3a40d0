import type { Logger } from "pino";

/** The same refusal is written once a minute, with how often it happened meanwhile. */
const repeatAfterMs = 60_000;
/** Different refusals remembered: a stranger must not fill the memory with inventions. */
const maxRemembered = 1_000;

interface Remembered {
  readonly writtenMs: number;
  silent: number;
}

/** Writes refusals to the log, so that a storm of them is one line a minute and not a full disk. */
export class RefusalLog {
  readonly #log: Logger;
  readonly #nowMs: () => number;
  readonly #remembered = new Map<string, Remembered>();

  constructor(log: Logger, nowMs: () => number) {
    this.#log = log;
    this.#nowMs = nowMs;
  }

  /** `key` says which refusals are the same; `details` must not hold a secret. */
  write(key: string, details: Readonly<Record<string, unknown>>, text: string): void {
    const now = this.#nowMs();
    const known = this.#remembered.get(key);
    if (known !== undefined && now - known.writtenMs < repeatAfterMs) {
      known.silent++;
      return;
    }
    if (known === undefined && this.#remembered.size >= maxRemembered) {
      const [oldest] = this.#remembered.keys();
      if (oldest !== undefined) this.#remembered.delete(oldest);
    }
    this.#remembered.delete(key);
    this.#remembered.set(key, { writtenMs: now, silent: 0 });
    this.#log.warn({ ...details, ...(known === undefined ? {} : { before: known.silent }) }, text);
  }
}
