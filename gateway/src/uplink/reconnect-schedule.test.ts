import { describe, expect, it } from "vitest";
import { ReconnectSchedule } from "./reconnect-schedule.ts";

const limits = { baseMs: 500, capMs: 30_000, steadyAfterMs: 60_000 };
const longest = () => new ReconnectSchedule(limits, () => 0.999_999);

/** The upper ends of the next waits when every connection served for `servedMs`. */
const waits = (schedule: ReconnectSchedule, servedMs: number, count: number): number[] =>
  Array.from({ length: count }, () => Math.ceil(schedule.nextDelayMs(servedMs) / 100) * 100);

describe("reconnecting", () => {
  it("doubles up to the cap while nothing serves", () => {
    expect(waits(longest(), 0, 8)).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  });

  it("does not begin anew for a connection that is let in and thrown out again", () => {
    expect(waits(longest(), 59_999, 7).at(-1)).toBe(30_000);
  });

  it("begins anew after a connection that served", () => {
    const schedule = longest();
    waits(schedule, 0, 6);
    expect(waits(schedule, 60_000, 2)).toEqual([1_000, 1_000]);
  });

  it("spreads over the whole wait", () => {
    let state = 1;
    const random = () => {
      state = (state * 48_271) % 2_147_483_647;
      return state / 2_147_483_647;
    };
    const firsts = Array.from({ length: 1_000 }, () => new ReconnectSchedule(limits, random).nextDelayMs(0));
    const tenths = new Set(firsts.map((ms) => Math.floor(ms / 100)));
    expect(tenths.size).toBe(10);
    expect(Math.max(...firsts)).toBeLessThan(1_000);
  });

  it("stays finite for years", () => {
    const schedule = longest();
    waits(schedule, 0, 5_000);
    expect(schedule.nextDelayMs(0)).toBeLessThan(30_000);
  });
});
