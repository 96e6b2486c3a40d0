import { describe, expect, it } from "vitest";
import { zoneClock } from "./validity.ts";

const shanghai = zoneClock("Asia/Shanghai");
const berlin = zoneClock("Europe/Berlin");

describe("times of the register", () => {
  it("are local without a zone, and what they say with one", () => {
    const noon = Date.parse("2026-11-24T04:00:00Z") / 60_000;
    for (const text of [
      ...["2026-11-24 12:00", "2026/11/24 12:00", "2026-11-24T12:00:00", "2026-11-24T12:00+08:00"],
      ...["2026-11-24T04:00Z", "2026-11-24T05:00:00.000+0100"],
    ]) {
      expect(shanghai.parse(text), text).toBe(noon);
    }
    expect(shanghai.format(noon)).toBe("2026-11-24T12:00+08:00");
    expect(shanghai.parse("2026-11-24")).toBe(noon - 720);
    expect(shanghai.parse(shanghai.format(noon))).toBe(noon);
    expect(berlin.parse(shanghai.format(noon))).toBe(noon);
  });

  it("know leap days and changes of the clock", () => {
    expect(shanghai.parse("2028-02-29")).toBe(Date.parse("2028-02-28T16:00Z") / 60_000);
    expect(shanghai.parse("2026-02-29")).toBeUndefined();
    // Clocks went from 02:00 to 03:00: this time of day never was.
    expect(berlin.parse("2026-03-29 02:30")).toBeUndefined();
    expect(berlin.parse("2026-03-29 03:30")).toBe(Date.parse("2026-03-29T01:30Z") / 60_000);
  });

  it("are whole minutes, and nothing but times", () => {
    for (const text of ["", "2026-11-24 12:00:30", "24.11.2026", "2026-13-01", "2026-11-24 25:00", "45000", "soon"]) {
      expect(shanghai.parse(text), text).toBeUndefined();
    }
  });

  it("fall on days of the week as the zone counts them", () => {
    const sunday = Date.parse("2026-11-22T15:59:00Z") / 60_000;
    expect(shanghai.local(sunday)).toEqual({ weekday: 7, minuteOfDay: 1439 });
    expect(shanghai.local(sunday + 1)).toEqual({ weekday: 1, minuteOfDay: 0 });
  });
});
