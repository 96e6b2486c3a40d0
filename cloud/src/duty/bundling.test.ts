import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bundle, type Standing, type Waiting } from "./bundling.ts";
import { allowedNow, nextAllowedMs } from "./quota.ts";

const minute = 60_000;
const limits = [
  { messages: 1, withinMs: minute },
  { messages: 5, withinMs: 15 * minute },
  { messages: 11, withinMs: 60 * minute },
];
const alarmLimits = [
  { messages: 3, withinMs: minute },
  { messages: 10, withinMs: 15 * minute },
];

describe("limits of an officer", () => {
  it("hold for every stretch of their length, and spread what an hour leaves", () => {
    const sent: number[] = [];
    for (let atMs = 0; sent.length < 40; atMs = nextAllowedMs(limits, sent, atMs)) {
      if (nextAllowedMs(limits, sent, atMs) === atMs) sent.push(atMs);
    }
    for (const { messages, withinMs } of limits) {
      for (const fromMs of sent) {
        expect(sent.filter((ms) => ms >= fromMs && ms < fromMs + withinMs).length).toBeLessThanOrEqual(messages);
      }
    }
    // Five at one a minute, the rest of the hour's one by one.
    expect(sent.slice(0, 5)).toEqual([0, 1, 2, 3, 4].map((count) => count * minute));
    expect(sent[5]).toBeGreaterThanOrEqual(15 * minute);
    expect(allowedNow(alarmLimits, [], 0, 9)).toBe(3);
  });
});

/** What 200 turns over some hours make of what comes in. */
const play = (arrivals: readonly { readonly afterMs: number; readonly urgent: number; readonly group: number }[]) => {
  const sent: { readonly atMs: number; readonly urgent: number; readonly ids: readonly number[] }[] = [];
  const waiting = new Map<number, { readonly one: Waiting; dueMs: number }>();
  let nowMs = 0;
  let id = 0;
  const standing = (): Standing => {
    const of = (alarm: boolean) => sent.filter(({ urgent }) => (urgent === 2) === alarm).map(({ atMs }) => atMs);
    return {
      ...{ nowMs, limits, alarmLimits, intervalMs: 5 * minute, sentMs: of(false), alarmSentMs: of(true) },
      ...{ lastOfGroupMs: () => null, isSending: false, budgetSpentUntilMs: null },
    };
  };
  const turn = (): void => {
    for (;;) {
      const due = [...waiting.values()].filter(({ dueMs }) => dueMs <= nowMs).map(({ one }) => one);
      if (due.length === 0) return;
      const { take, hold } = bundle(due, standing());
      for (const { waiting: held, untilMs, reason } of hold) {
        for (const one of held) waiting.set(one.id, { one: { ...one, reason }, dueMs: Math.max(untilMs, nowMs + 1) });
      }
      if (take.length === 0) return;
      sent.push({ atMs: nowMs, urgent: Math.max(...take.map(({ urgent }) => urgent)), ids: take.map((one) => one.id) });
      for (const one of take) waiting.delete(one.id);
    }
  };
  const pass = (untilMs: number): void => {
    for (;;) {
      turn();
      const next = Math.min(...[...waiting.values()].map(({ dueMs }) => dueMs));
      if (!(next <= untilMs)) break;
      nowMs = next;
    }
    nowMs = untilMs;
  };
  for (const { afterMs, urgent, group } of arrivals) {
    pass(nowMs + afterMs);
    const one = {
      id,
      alert: `a${id}`,
      event: "firing",
      urgent,
      groupKey: `g${group}`,
      madeMs: nowMs,
      reason: null,
    } as const;
    waiting.set(id, { one, dueMs: nowMs });
    id++;
  }
  pass(nowMs + 24 * 60 * minute);
  return { sent, left: waiting.size };
};

describe("what waits to be said", () => {
  it("is all said, each once, within the limits, whatever comes when", () => {
    const arrival = fc.record({
      afterMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 20 * minute })),
      urgent: fc.integer({ min: 0, max: 2 }),
      group: fc.integer({ min: 0, max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(arrival, { maxLength: 60 }), (arrivals) => {
        const { sent, left } = play(arrivals);
        expect(left).toBe(0);
        expect(sent.flatMap(({ ids }) => ids).toSorted((a, b) => a - b)).toEqual(arrivals.map((_, index) => index));
        for (const [alarm, held] of [
          [true, alarmLimits],
          [false, limits],
        ] as const) {
          const times = sent.filter(({ urgent }) => (urgent === 2) === alarm).map(({ atMs }) => atMs);
          for (const { messages, withinMs } of held) {
            for (const fromMs of times) {
              expect(times.filter((ms) => ms >= fromMs && ms < fromMs + withinMs).length).toBeLessThanOrEqual(messages);
            }
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it("is one message for ten thousand, after alarms that go alone", () => {
    const { sent } = play(
      Array.from({ length: 10_000 }, (_, index) => ({ afterMs: 0, urgent: index < 2 ? 2 : 1, group: 0 })),
    );
    expect(sent.map(({ urgent, ids }) => [urgent, ids.length])).toEqual([
      [2, 1],
      [2, 1],
      [1, 1],
      [1, 9_997],
    ]);
  });
});
