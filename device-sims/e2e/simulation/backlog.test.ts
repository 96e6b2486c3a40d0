import { describe, expect, it } from "vitest";
import type { Deviations } from "./deviations.ts";
import { World } from "./world.ts";

const outageMs = 180_000;
const lookMs = 20;

interface Drain {
  /** Records that waited when the connection came up. */
  readonly backlog: number;
  /** Of these, still waiting when the last test of the outage was stored. */
  readonly leftBehindOldTests: number;
  /** Longest time from the acknowledgement of a test captured during the drain to its row. */
  readonly slowestFreshMs: number;
  readonly freshTests: number;
}

/** One gateway comes back from an outage and goes on working while its backlog drains. */
const drain = (seed: number, deviations: Deviations): Drain => {
  const world = new World({ seed, deviations });
  const [gateway] = world.gateways;
  const { oracle, time, centre } = world;
  if (gateway === undefined) throw new Error("a world has a gateway");
  gateway.recordEveryMs = 150;
  time.runUntil(2000);
  world.network.cut(gateway.gw, outageMs);
  time.runUntil(outageMs);
  world.network.calmDown();
  const isReady = () => gateway.uplink?.machine.stats().ready === true;
  for (let at = outageMs; !isReady(); at += lookMs) time.runUntil(at);
  const startMs = time.nowMs;
  const tests = () => [...oracle.truths.values()].filter(({ gw, kind }) => gw === gateway.gw && kind === "test");
  const isStored = ({ line, seq }: (typeof oldTests)[number]) =>
    centre.ledger.bytes(gateway.gw, line, seq) !== undefined;
  const pending = () => gateway.uplink?.machine.stats().pending ?? 0;
  const oldTests = tests();
  if (gateway.uplink !== null) gateway.uplink.maxRecords = 4;
  const backlog = pending();
  const acknowledgedAt = new Map<string, number>();
  let leftBehindOldTests = 0;
  let slowestFreshMs = 0;
  for (let at = startMs; pending() > 0 && at < startMs + outageMs; at += lookMs) {
    time.runUntil(at);
    if (leftBehindOldTests === 0 && oldTests.every(isStored)) leftBehindOldTests = pending();
    for (const test of tests().slice(oldTests.length)) {
      if (!test.isAcknowledged) continue;
      if (!acknowledgedAt.has(test.text)) acknowledgedAt.set(test.text, at);
      if (!isStored(test))
        slowestFreshMs = Math.max(slowestFreshMs, at + lookMs - (acknowledgedAt.get(test.text) ?? at));
    }
  }
  return { backlog, leftBehindOldTests, slowestFreshMs, freshTests: acknowledgedAt.size };
};

const seeds = [1, 2, 3, 4];

describe("an outage's backlog", () => {
  it.each(seeds)("holds up neither old nor fresh tests (seed %i)", (seed) => {
    const { backlog, leftBehindOldTests, slowestFreshMs, freshTests } = drain(seed, {});
    expect(backlog).toBeGreaterThan(500);
    expect(leftBehindOldTests).toBeGreaterThan(backlog / 8);
    expect(freshTests).toBeGreaterThan(1);
    expect(slowestFreshMs).toBeLessThan(1000);
  });

  it("would, if nothing were urgent", () => {
    const { backlog, leftBehindOldTests, slowestFreshMs } = drain(1, { knowsNoUrgency: true });
    expect(leftBehindOldTests).toBeLessThan(backlog / 20);
    expect(slowestFreshMs).toBeGreaterThan(3000);
  });
});
