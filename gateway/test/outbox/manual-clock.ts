import type { OutboxClock } from "../../src/outbox/outbox.ts";

interface Timer {
  readonly dueMs: number;
  readonly task: () => void;
}

/** A clock that stands still until it is told to go on. */
export class ManualClock implements OutboxClock {
  private now = 0;
  private readonly startMs: number;
  private readonly timers = new Set<Timer>();

  constructor(start = "2026-11-24T00:00:00.000Z") {
    this.startMs = Date.parse(start);
  }

  nowMs(): number {
    return this.now;
  }

  wall(): string {
    return new Date(this.startMs + this.now).toISOString();
  }

  after(delayMs: number, task: () => void): () => void {
    const timer = { dueMs: this.now + delayMs, task };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  /** Moves on and runs what falls due, in order. */
  advance(ms: number): void {
    const until = this.now + ms;
    for (;;) {
      const due = [...this.timers].filter(({ dueMs }) => dueMs <= until).sort((a, b) => a.dueMs - b.dueMs)[0];
      if (due === undefined) break;
      this.now = due.dueMs;
      this.timers.delete(due);
      due.task();
    }
    this.now = until;
  }
}
