import type { OutboxLog, Unsubscribe } from "./outbox-port.ts";

/** Listeners of one event. One that throws is logged and does not disturb the others or the outbox. */
export class Listeners<T> {
  private readonly log: OutboxLog;
  private readonly all = new Set<(value: T) => void>();

  constructor(log: OutboxLog) {
    this.log = log;
  }

  add(listener: (value: T) => void): Unsubscribe {
    this.all.add(listener);
    return () => this.all.delete(listener);
  }

  emit(value: T): void {
    for (const listener of this.all) {
      try {
        listener(value);
      } catch (error) {
        this.log.error({ error: String(error) }, "outbox: a listener failed");
      }
    }
  }
}
