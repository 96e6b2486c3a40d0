import { describe, expect, it } from "vitest";
import { killCapturing } from "./kill-loop.ts";

const nothing = { lost: [], twice: [], invented: [], orphaned: [], falselyLost: [] };

describe("SIGKILL while the gateway captures", () => {
  // Two outboxes side by side: one gathers, one frees meanwhile.
  it.concurrent("loses nothing acknowledged, repeats nothing, invents nothing: 120 kills", async ({ expect }) => {
    const report = await killCapturing({ kills: 120, random: Math.random });
    expect(report.verdict).toEqual(nothing);
    expect(report.reportedLosses).toBe(0);
    expect(report.acknowledged).toBeGreaterThanOrEqual(96);
  }, 240_000);

  it.concurrent("the same while receipted records are freed: 80 kills", async ({ expect }) => {
    const report = await killCapturing({ kills: 80, random: Math.random, free: true, longestLifeMs: 120 });
    expect(report.verdict).toEqual(nothing);
    expect(report.reportedLosses).toBe(0);
    // Otherwise nothing was freed and the test says no more than the one above.
    expect(report.held).toBeLessThan(report.acknowledged);
  }, 240_000);

  it("is noticed when records are acknowledged before they are committed", async () => {
    const { verdict } = await killCapturing({ kills: 3, random: Math.random, plant: "ack-before-commit" });
    expect(verdict.lost).not.toEqual([]);
  });
});
