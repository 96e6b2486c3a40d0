import { describe, expect, it } from "vitest";
import { CaptureWatch } from "./capture-watch.ts";

const stallMs = 120_000;

/** Asks every ten seconds for `ms`; `signsAt` says what is seen. */
const judge = (ms: number, signsAt: (nowMs: number) => Parameters<CaptureWatch["isMoving"]>[0]): boolean[] => {
  const watch = new CaptureWatch(stallMs);
  const said: boolean[] = [];
  for (let nowMs = 5_000; nowMs <= ms; nowMs += 10_000) said.push(watch.isMoving(signsAt(nowMs), nowMs));
  return said;
};

describe("whether captures get anywhere", () => {
  it("they do while nothing waits, however long nothing is captured", () => {
    expect(judge(900_000, () => ({ pendingBytes: 0, commits: 3, faults: 0 }))).not.toContain(false);
  });

  it("they do while commits go on, though something always waits", () => {
    const said = judge(900_000, (nowMs) => ({ pendingBytes: 700, commits: Math.floor(nowMs / 60_000), faults: 0 }));
    expect(said).not.toContain(false);
  });

  it("they do while the disk refuses again and again", () => {
    const said = judge(900_000, (nowMs) => ({ pendingBytes: 700, commits: 3, faults: Math.floor(nowMs / 60_000) }));
    expect(said).not.toContain(false);
  });

  it("they do while a card is busy for most of the bound", () => {
    expect(judge(115_000, () => ({ pendingBytes: 700, commits: 3, faults: 0 }))).not.toContain(false);
  });

  it("they do not once something waits longer without an answer, and do again with the next commit", () => {
    const said = judge(200_000, (nowMs) => ({ pendingBytes: 700, commits: nowMs < 180_000 ? 3 : 4, faults: 0 }));
    expect(said.indexOf(false)).toBe(12);
    expect(said.slice(12)).toEqual([...Array<boolean>(6).fill(false), true, true]);
  });
});
