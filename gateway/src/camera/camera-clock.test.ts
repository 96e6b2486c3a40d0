import { beforeEach, describe, expect, it } from "vitest";
import { CameraClock } from "./camera-clock.ts";
import type { ToldClock } from "./process-messages.ts";

const startMs = Date.parse("2026-11-25T12:00:00Z");
const dayMs = 86_400_000;
const hourMs = 3_600_000;

let monoMs: number;
let stepMs: number;
let clock: CameraClock;

const told = (sync: ToldClock["sync"], aheadMs = 0): ToldClock => ({ aheadMs, sync, errMs: null });
const open = (by: ToldClock): CameraClock =>
  new CameraClock({ monoMs: () => monoMs, systemMs: () => startMs + monoMs + stepMs }, by);

beforeEach(() => {
  monoMs = 0;
  stepMs = 0;
  clock = open(told("ntp"));
});

describe("the clock of the camera process", () => {
  it("is the gateway's, and a system clock that is set does not reach it", () => {
    clock.take(told("receipt", 5_000));
    stepMs = dayMs;
    monoMs = 3_000;
    expect(clock.wallMs()).toBe(startMs + 8_000);
    // The gateway knows better than the system clock.
    clock.take(told("receipt", 5_000 - dayMs));
    expect(clock.wallMs()).toBe(startMs + 8_000);
  });

  it("lets nothing grow old by a day because the clock was set forward and nobody vouches for it", () => {
    stepMs = dayMs;
    clock.take(told("none"));
    expect(clock.wallMs()).toBe(startMs + dayMs);
    for (; monoMs < hourMs; monoMs += 60_000) {
      expect(clock.ageMs()).toBe(startMs + monoMs);
      clock.take(told("none"));
    }
    expect(clock.ageMs()).toBe(startMs + monoMs + dayMs);
  });

  it("waits anew when it is set again, and follows at once what is set back", () => {
    stepMs = dayMs;
    clock.take(told("rtc"));
    monoMs = hourMs - 1;
    stepMs = 3 * dayMs;
    clock.take(told("rtc"));
    monoMs = hourMs + 1;
    expect(clock.ageMs()).toBe(startMs + monoMs);
    stepMs = -dayMs;
    clock.take(told("rtc"));
    expect(clock.ageMs()).toBe(startMs + monoMs - dayMs);
  });

  it("follows at once a time that the centre or a time service vouches for", () => {
    stepMs = dayMs;
    clock.take(told("receipt"));
    expect(clock.ageMs()).toBe(startMs + dayMs);
  });

  it("knows no age while it was never sure of the time", () => {
    expect(open(told("none")).ageMs()).toBe(Number.NEGATIVE_INFINITY);
  });
});
