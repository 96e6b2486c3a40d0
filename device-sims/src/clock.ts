import { setTimeout as delay } from "node:timers/promises";

/** Time as a simulated device knows it: milliseconds from an arbitrary start, never jumping. */
export interface SimClock {
  nowMs(): number;
  /** Resolves after `ms`, or at once when `signal` aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Real time. */
export const systemClock: SimClock = {
  nowMs: () => performance.now(),
  sleep: async (ms, signal) => {
    try {
      await delay(Math.max(0, ms), undefined, signal === undefined ? {} : { signal });
    } catch {
      // Aborted: the caller looks at its signal.
    }
  },
};

/** Time that moves only when told to. */
export interface ManualClock extends SimClock {
  /** Moves on, waking sleepers in order, and lets what they started run. */
  advance(ms: number): Promise<void>;
}

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

const settleMicrotasks = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A clock for tests. */
export const createManualClock = (): ManualClock => {
  let nowMs = 0;
  const sleepers = new Set<Sleeper>();
  return {
    nowMs: () => nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) return resolve();
        const done = () => {
          sleepers.delete(sleeper);
          signal?.removeEventListener("abort", done);
          resolve();
        };
        const sleeper = { atMs: nowMs + Math.max(0, ms), wake: done };
        sleepers.add(sleeper);
        signal?.addEventListener("abort", done, { once: true });
      }),
    advance: async (ms) => {
      const untilMs = nowMs + ms;
      for (;;) {
        await settleMicrotasks();
        const next = [...sleepers].sort((a, b) => a.atMs - b.atMs).find(({ atMs }) => atMs <= untilMs);
        if (next === undefined) break;
        nowMs = next.atMs;
        next.wake();
      }
      nowMs = untilMs;
      await settleMicrotasks();
    },
  };
};
