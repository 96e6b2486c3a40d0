import { describe, expect, it } from "vitest";
import { FeedLoop } from "./feed-loop.ts";

/** Timers by hand, a step that succeeds and takes `tookMs`, and time that passes only when told. */
const setUp = (step = () => Promise.resolve({ more: false, isBesideOthers: false }), tookMs = 0) => {
  let atMs = 0;
  let steps = 0;
  let waiting: { readonly dueMs: number; readonly task: () => void } | undefined;
  const loop = new FeedLoop({
    step: () => {
      steps++;
      atMs += tookMs;
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

  it("rests eight times as long as it worked while gateways are sending, and not at all while they are not", async () => {
    let isBesideOthers = true;
    const { loop, pass, steps } = setUp(() => Promise.resolve({ more: true, isBesideOthers }), 20);
    await pass(0);
    await pass(159);
    expect(steps()).toBe(1);
    await pass(1);
    expect(steps()).toBe(2);
    isBesideOthers = false;
    await pass(160);
    await pass(0);
    await pass(0);
    expect(steps()).toBe(5);
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
