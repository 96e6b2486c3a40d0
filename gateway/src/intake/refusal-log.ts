/** The same refusal is written once a minute, with how often it happened meanwhile. */
const repeatAfterMs = 60_000;
/** Different refusals remembered: a stranger must not fill the memory with inventions. */
const maxRemembered = 1_000;

/** Where refusals are written. */
export interface RefusalSink {
  warn(detail: object, message: string): void;
}

/** Writes refusals to the log, so that a storm of them is one line a minute and not a full card. */
export class RefusalLog {
  private readonly log: RefusalSink;
  private readonly nowMs: () => number;
  private readonly remembered = new Map<string, { writtenMs: number; silent: number }>();

  constructor(log: RefusalSink, nowMs: () => number) {
    this.log = log;
    this.nowMs = nowMs;
  }

  /** `key` says which refusals are the same; `details` must not hold a secret. */
  write(key: string, details: Readonly<Record<string, unknown>>, text: string): void {
    const now = this.nowMs();
    const known = this.remembered.get(key);
    if (known !== undefined && now - known.writtenMs < repeatAfterMs) {
      known.silent += 1;
      return;
    }
    if (known === undefined && this.remembered.size >= maxRemembered) {
      const [oldest] = this.remembered.keys();
      if (oldest !== undefined) this.remembered.delete(oldest);
    }
    this.remembered.delete(key);
    this.remembered.set(key, { writtenMs: now, silent: 0 });
    const before = known === undefined || known.silent === 0 ? {} : { before: known.silent };
    this.log.warn({ ...details, ...before }, text);
  }
}
