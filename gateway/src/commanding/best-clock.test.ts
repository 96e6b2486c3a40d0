import { describe, expect, it } from "vitest";
import { bestClock } from "./best-clock.ts";

const clock = (sync: "ntp" | "rtc" | "receipt" | "none", errMs: number | null, aheadOfCentreMs: number | null) =>
  bestClock({
    time: () => ({ wall: "2026-11-25T10:00:00.000+08:00", mono_ms: 1, boot: "b", sync, err_ms: errMs }),
    status: () => ({ wall: "", sync, errMs, isBehind: false, steps: 0, aheadOfCentreMs }),
  });
const ms = Date.parse("2026-11-25T02:00:00.000Z");

describe("the clock by which a command's life is judged", () => {
  it("is the centre's, where the centre has told the time", () => {
    expect(clock("ntp", 100, null)).toEqual({ ms, errMs: 100 });
    expect(clock("ntp", 100, 5_000)).toEqual({ ms: ms - 5_000, errMs: 100 });
    expect(clock("receipt", 40, 9_999)).toEqual({ ms, errMs: 40 });
  });

  it("is none while nobody vouches for it", () => {
    expect(clock("none", null, null)).toBeNull();
    expect(clock("rtc", null, null)).toBeNull();
  });
});
