import { describe, expect, it } from "vitest";
import { isTimeZone, zoneText } from "./zone-text.ts";

describe("local times of a zone", () => {
  it.each([
    ["Asia/Shanghai", "2026-11-25T16:00:00.000Z", "2026-11-26T00:00:00.000+08:00"],
    ["America/New_York", "2026-07-01T03:59:59.999Z", "2026-06-30T23:59:59.999-04:00"],
    ["America/New_York", "2026-12-01T04:30:00.001Z", "2026-11-30T23:30:00.001-05:00"],
    ["Asia/Kathmandu", "2026-01-01T00:00:00.500Z", "2026-01-01T05:45:00.500+05:45"],
    ["UTC", "1970-01-01T00:03:00.000Z", "1970-01-01T00:03:00.000+00:00"],
  ])("in %s tell %s as %s, which is the same instant", (zone, instant, text) => {
    expect(zoneText(zone)(Date.parse(instant))).toBe(text);
    expect(Date.parse(text)).toBe(Date.parse(instant));
  });

  it("know a zone from what is none", () => {
    expect(["Asia/Shanghai", "Asia/Songbai", ""].map(isTimeZone)).toEqual([true, false, false]);
  });
});
