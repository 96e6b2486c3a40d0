import { describe, expect, it } from "vitest";
import { planRecording } from "./recording-plan.ts";

describe("what a disk can hold", () => {
  it("is 43 GB a day at 4 Mbit/s and 6.5 GB at 600 kbit/s, and a few percent for boxes and index", () => {
    const { channels } = planRecording([{ id: "main", kbitPerSecond: 4_000, days: 7 }], 1e12);
    expect(channels[0]?.bytesPerDay).toBe(44_496_000_000);
    const [sub] = planRecording([{ id: "sub", kbitPerSecond: 600, days: 7 }], 1e12).channels;
    expect(sub?.bytesPerDay).toBe(6_674_400_000);
  });

  it("is shared in proportion when it does not do for all", () => {
    const asked = ["a", "b"].map((id) => ({ id, kbitPerSecond: 600, days: 10 }));
    const plan = planRecording(asked, 66_744_000_000);
    expect(plan.fits).toBe(false);
    expect(plan.channels.map(({ reachedDays }) => reachedDays)).toEqual([5, 5]);
  });
});
