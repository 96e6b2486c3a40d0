import { describe, expect, it } from "vitest";
import type { FreedRange, Outbox, OutboxStats } from "../outbox/outbox.ts";
import { Freeing } from "./freeing.ts";

const line = { gw: "gw", ep: 1, eid: "e".repeat(32) };
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** An outbox of ten receipted segments, too young to be freed by age, on a disk that gains 10 bytes with each. */
const bench = (start: { freeBytes: number; gen: string | null; state?: "ok" | "full" }) => {
  const calls: boolean[] = [];
  const timers: { delayMs: number; task: () => void }[] = [];
  const freed: FreedRange[] = [];
  let segments = 10;
  let { freeBytes, state = "ok" } = start;
  const outbox = {
    stats: () => ({ freeBytes, health: { state } }) as unknown as OutboxStats,
    free: (_isFreeable: unknown, receipt: { gen: string; at: string }, pressure: boolean) => {
      calls.push(pressure);
      if (!pressure || segments === 0) return Promise.resolve([]);
      segments--;
      freeBytes += 10;
      state = "ok";
      return Promise.resolve([{ line, from: 1, to: 100, h: "", ...receipt }]);
    },
  } as unknown as Outbox;
  const freeing = new Freeing({
    outbox,
    machine: {
      freeable: () => "receipted",
      stats: () => ({ pending: 0, inFlight: 0, ready: true, connected: true, gen: start.gen, witness: null }),
    },
    clock: {
      after: (delayMs, task) => {
        timers.splice(0, timers.length, { delayMs, task });
        return () => undefined;
      },
    },
    log: quiet,
    minFreeBytes: 35,
    lastReceiptAt: () => "2026-11-25T08:00:00.000Z",
    onFreed: (range) => freed.push(range),
  });
  /** Lets the present timer fire, and whatever it started end. */
  const fire = async (): Promise<number> => {
    timers[0]?.task();
    await new Promise((resolve) => setImmediate(resolve));
    return timers[0]?.delayMs ?? 0;
  };
  return { freeing, calls, freed, fire, segments: () => segments };
};

describe("freeing", () => {
  it("leaves young records where the disk has room", async () => {
    const { freeing, calls, fire, segments } = bench({ freeBytes: 1_000, gen: "a" });
    freeing.marksChanged();
    expect(await fire()).toBe(3_600_000);
    expect(calls).toEqual([false]);
    expect(segments()).toBe(10);
  });

  it("frees one segment after the other until there is room again, and no more", async () => {
    const { freeing, freed, fire, segments } = bench({ freeBytes: 0, gen: "a" });
    freeing.marksChanged();
    const waits = [await fire(), await fire(), await fire(), await fire(), await fire()];
    expect(segments()).toBe(6);
    expect(waits).toEqual([250, 250, 250, 250, 3_600_000]);
    expect(freed).toHaveLength(4);
    expect(freed[0]).toMatchObject({ gen: "a", at: "2026-11-25T08:00:00.000Z" });
  });

  it("does not touch the outbox before a generation is confirmed, however full the disk", async () => {
    const { freeing, calls, fire } = bench({ freeBytes: 0, gen: null });
    freeing.marksChanged();
    await fire();
    freeing.diskFailed();
    await fire();
    expect(calls).toEqual([]);
  });

  it("acts at once when captures fail", async () => {
    const { freeing, fire, segments } = bench({ freeBytes: 1_000, gen: "a", state: "full" });
    freeing.diskFailed();
    await new Promise((resolve) => setImmediate(resolve));
    expect(segments()).toBe(9);
    await fire();
    expect(segments()).toBe(9);
  });
});
