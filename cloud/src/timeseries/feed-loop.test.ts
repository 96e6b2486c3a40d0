import { describe, expect, it } from "vitest";
import { FeedLoop } from "./feed-loop.ts";

/** Timers by hand, a step that succeeds, and time that passes only when told. */
const setUp = (step = () => Promise.resolve({ more: false, isBesideOthers: false })) => {
  let atMs = 0;
  let steps = 0;
  let waiting: { readonly dueMs: number; readonly task: () => void } | undefined;
  const loop = new FeedLoop({
    step: () => {
      steps++;
      return step();
    },
    beforeStep: () => undefined,
    monotonicMs: () => atMs,
    random: () => 0.5,
    onFault: () => undefined,
    timers: {
      soon: (task) => task(),
      later: (task, afterMs) => {
        const timer = { dueMs: atMs + afterMs, task };
        waiting = timer;
        return () => {
          if (waiting === timer) waiting = undefined;
        };
      },
    },
  });
  const pass = async (ms: number): Promise<void> => {
    atMs += ms;
    const due = waiting;
    if (due === undefined || due.dueMs > atMs) return;
    waiting = undefined;
    due.task();
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  };
  return { loop, pass, steps: () => steps };
};

describe("the loop of the feed", () => {
  it("is not put off by news that come faster than it gathers", async () => {
    const { loop, pass, steps } = setUp();
    await pass(0);
    for (let tenth = 0; tenth < 30; tenth++) {
      loop.wake();
      await pass(100);
    }
    expect(steps()).toBeGreaterThanOrEqual(9);
    await loop.close();
  });

  it("waits longer after every failure, whatever comes in, and goes on by itself", async () => {
    let fails = true;
    const { loop, pass, steps } = setUp(() =>
      fails ? Promise.reject(new Error("down")) : Promise.resolve({ more: false, isBesideOthers: false }),
    );
    for (let tenth = 0; tenth < 100; tenth++) {
      loop.wake();
      await pass(100);
    }
    expect(steps()).toBeLessThan(8);
    expect(loop.isFailing).toBe(true);
    fails = false;
    await pass(10_000);
    expect(loop.isFailing).toBe(false);
    await loop.close();
  });
});
