import { describe, expect, it } from "vitest";
import { FollowerLoop, type LoopTimers, type OpenFollower } from "./follower-loop.ts";

/** Turns of an event loop, one at a time, with a clock that only moves when told. */
class ManualTimers implements LoopTimers {
  nowMs = 0;
  #soon: (() => void)[] = [];
  #later: { readonly task: () => void; readonly atMs: number }[] = [];

  soon(task: () => void): void {
    this.#soon.push(task);
  }

  later(task: () => void, afterMs: number): () => void {
    const timer = { task, atMs: this.nowMs + afterMs };
    this.#later.push(timer);
    return () => {
      this.#later = this.#later.filter((other) => other !== timer);
    };
  }

  /** Runs what is due until nothing is, at most `turns` turns. */
  run(turns = 100): void {
    for (let turn = 0; turn < turns; turn++) {
      const due = this.#later.filter(({ atMs }) => atMs <= this.nowMs);
      this.#later = this.#later.filter((timer) => !due.includes(timer));
      const tasks = [...this.#soon.splice(0), ...due.map(({ task }) => task)];
      if (tasks.length === 0) return;
      for (const task of tasks) task();
    }
  }

  wait(ms: number): void {
    this.nowMs += ms;
    this.run();
  }
}

const loopOf = (options: { idleMs?: number | null; openFails?: number; stepFails?: () => boolean } = {}) => {
  const timers = new ManualTimers();
  const seen = { steps: 0, idles: 0, opened: 0, faults: 0, progress: [] as number[], started: 0 };
  let left = options.openFails ?? 0;
  const ledger = { head: 0, lsn: 0 };
  const follower: OpenFollower = {
    step: () => {
      seen.steps++;
      if (options.stepFails?.() === true) throw new Error("disk full");
      const taken = Math.min(10, ledger.head - ledger.lsn);
      ledger.lsn += taken;
      return { taken, refused: 0, lsn: ledger.lsn };
    },
    idle: () => {
      seen.idles++;
      return options.idleMs ?? null;
    },
    head: () => ledger.head,
    position: () => ledger.lsn,
    quarantined: () => 0,
    figures: () => [],
    close: () => undefined,
  };
  const loop = new FollowerLoop({
    timers,
    open: () => {
      if (left-- > 0) throw new Error("not now");
      seen.opened++;
      return follower;
    },
    onProgress: ({ lsn }) => seen.progress.push(lsn),
    onFault: () => seen.faults++,
    onStarted: () => seen.started++,
  });
  return { timers, seen, ledger, loop };
};

describe("follower loop", () => {
  it("works off a backlog batch by batch, then waits to be woken, and looks every second all the same", () => {
    const { timers, seen, ledger, loop } = loopOf();
    ledger.head = 35;
    timers.run(1);
    expect(seen.progress).toEqual([10]);
    timers.run();
    expect(seen.progress).toEqual([10, 20, 30, 35]);
    ledger.head = 40;
    timers.wait(999);
    expect(ledger.lsn).toBe(35);
    loop.wake();
    loop.wake();
    timers.run();
    expect([ledger.lsn, seen.steps]).toEqual([40, 7]);
    ledger.head = 41;
    timers.wait(1_000);
    expect(ledger.lsn).toBe(41);
  });

  it("comes back when the follower wants it, though the ledger is quiet", () => {
    const { timers, seen } = loopOf({ idleMs: 300 });
    timers.run();
    timers.wait(299);
    expect(seen.idles).toBe(1);
    timers.wait(1);
    expect(seen.idles).toBe(2);
  });

  it("opens again and again until it can, and counts what failed", () => {
    const { timers, seen, loop } = loopOf({ openFails: 2 });
    timers.run();
    expect([seen.opened, seen.faults, loop.failing]).toEqual([0, 1, true]);
    expect(seen.started).toBe(1);
    timers.wait(1_000);
    timers.wait(1_000);
    expect([seen.opened, seen.faults, loop.failing]).toEqual([1, 2, false]);
    expect(loop.counts()).toMatchObject({ faults: 2 });
  });

  it("is not driven faster by commits while the store fails, and goes on when it does not", () => {
    let failing = true;
    const { timers, seen, ledger, loop } = loopOf({ stepFails: () => failing });
    ledger.head = 5;
    timers.run();
    for (let commit = 0; commit < 50; commit++) {
      loop.wake();
      timers.wait(10);
    }
    expect(seen.steps).toBe(1);
    failing = false;
    timers.wait(500);
    expect(ledger.lsn).toBe(5);
  });

  it("takes no step after it was closed", () => {
    const { timers, seen, ledger, loop } = loopOf();
    ledger.head = 35;
    timers.run(1);
    loop.close();
    loop.wake();
    timers.wait(5_000);
    expect(seen.steps).toBe(1);
  });
});
