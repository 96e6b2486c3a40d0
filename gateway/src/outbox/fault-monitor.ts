import { diskError } from "./disk-fault.ts";
import { Listeners } from "./listeners.ts";
import type { OutboxClock, OutboxCondition, OutboxHealth, OutboxLog, Unsubscribe } from "./outbox-port.ts";

export interface FaultMonitorOptions {
  readonly clock: OutboxClock;
  readonly log: OutboxLog;
  /** Tries to make the outbox usable again. Rejects while that is not possible. */
  recover(): Promise<void>;
}

/** While a fault lasts, recovery is tried so often. */
const retryEveryMs = 1000;

/** Runs `task` once after `delayMs` without keeping the process alive. */
export const runAfter = (clock: OutboxClock, delayMs: number, task: () => void): (() => void) => {
  if (clock.after !== undefined) return clock.after(delayMs, task);
  const timer = setTimeout(task, delayMs);
  timer.unref();
  return () => clearTimeout(timer);
};

/** Keeps the condition of the disk, tells it to listeners, and retries while it is bad. */
export class FaultMonitor {
  private readonly options: FaultMonitorOptions;
  private readonly faults: Listeners<OutboxHealth>;
  private readonly recoveries: Listeners<OutboxHealth>;
  private health: OutboxHealth;
  private cancelRetry: (() => void) | undefined;
  private retrying: Promise<void> | undefined;
  private stopped = false;

  constructor(options: FaultMonitorOptions) {
    this.options = options;
    this.faults = new Listeners(options.log);
    this.recoveries = new Listeners(options.log);
    this.health = { state: "ok", since: options.clock.wall(), detail: "" };
  }

  get current(): OutboxHealth {
    return this.health;
  }

  onFault(listener: (health: OutboxHealth) => void): Unsubscribe {
    return this.faults.add(listener);
  }

  onRecovered(listener: (health: OutboxHealth) => void): Unsubscribe {
    return this.recoveries.add(listener);
  }

  /** The error for a caller who comes while the fault lasts; undefined when there is none. */
  refusal(): Error | undefined {
    const { state, detail } = this.health;
    return state === "ok" ? undefined : diskError(state, detail);
  }

  /** The disk failed. Retries until recovery succeeds. */
  report(state: Exclude<OutboxCondition, "ok">, detail: string): void {
    const { clock, log } = this.options;
    const changed = this.health.state !== state;
    const since = this.health.state === "ok" ? clock.wall() : this.health.since;
    this.health = { state, since, detail };
    if (changed) {
      log.error({ state, detail }, "outbox: nothing can be captured");
      this.faults.emit(this.health);
    }
    this.schedule();
  }

  /** Ends all retrying; resolves when none is under way. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.cancelRetry?.();
    await this.retrying;
  }

  private schedule(): void {
    if (this.stopped || this.cancelRetry !== undefined || this.retrying !== undefined) return;
    this.cancelRetry = runAfter(this.options.clock, retryEveryMs, () => {
      this.cancelRetry = undefined;
      this.retrying = this.retry();
    });
  }

  private async retry(): Promise<void> {
    try {
      await this.options.recover();
      this.health = { state: "ok", since: this.options.clock.wall(), detail: "" };
    } catch (error) {
      this.options.log.warn({ error: String(error) }, "outbox: still not usable");
    }
    this.retrying = undefined;
    if (this.health.state !== "ok") return this.schedule();
    this.options.log.info({}, "outbox: usable again");
    this.recoveries.emit(this.health);
  }
}
