import { describe, expect, it } from "vitest";
import { at, type ShortEntry, shanghai, smallCity, testedRegister } from "../../../test/tested-register.ts";
import { withinHours } from "./calendar-hours.ts";
import { DutyRoster, type DutyTier } from "./on-duty.ts";

const calendar: readonly ShortEntry[] = [
  ["calendars", { code: "school", name: "学校" }],
  ["hours", { calendar: "school", purpose: "meal", days: "12345", start: "11:00", end: "13:00" }],
  ["hours", { calendar: "school", purpose: "duty", days: "1234567", start: "00:00", end: "24:00" }],
  ["holidays", { calendar: "school", name: "国庆节", follows: "closed" }, "2026-10-01", "2026-10-08"],
  ["holidays", { calendar: "school", name: "调休", follows: "1" }, "2026-10-10", "2026-10-11"],
];

describe("hours of a calendar", () => {
  it("count on their days to the minute, not on holidays, and on moved working days", () => {
    const { database, put } = testedRegister();
    put(...calendar);
    const meal = (local: string) =>
      withinHours(database, shanghai, { calendar: "school", purpose: "meal", minute: at(local) });
    // A Tuesday.
    expect(["10:59", "11:00", "12:59", "13:00"].map((time) => meal(`2026-11-24 ${time}`))).toEqual([
      ...[false, true, true, false],
    ]);
    expect(meal("2026-11-22 12:00")).toBe(false);
    expect([meal("2026-10-07 12:00"), meal("2026-10-08 12:00")]).toEqual([false, true]);
    expect([meal("2026-10-10 12:00"), meal("2026-10-17 12:00")]).toEqual([true, false]);
    const unknown = { calendar: "nobody", purpose: "meal", minute: at("2026-11-24 12:00") } as const;
    expect(withinHours(database, shanghai, unknown)).toBe(false);
  });
});

const roster: readonly ShortEntry[] = [
  ...smallCity,
  ...calendar,
  ...["lin", "chen", "wu", "li"].map((code): ShortEntry => ["officers", { code, name: code }]),
  ["duties", { area: "yd", tier: "station", rank: "1", officer: "lin" }],
  ["duties", { area: "yd", tier: "station", rank: "2", officer: "chen" }],
  ["duties", { area: "sm", tier: "district", rank: "1", officer: "wu", calendar: "school" }],
  ["duties", { area: "xm", tier: "city", rank: "1", officer: "li" }],
];

describe("the duty roster", () => {
  const roll = (...more: readonly ShortEntry[]) => {
    const { database, put } = testedRegister();
    put(...roster, ...more);
    const duty = new DutyRoster(database, shanghai);
    return (tier: DutyTier, local: string) => duty.find("songbai", tier, at(local));
  };

  it("names the first in rank at the tier, and goes up when nobody nearer is on duty", () => {
    const who = roll();
    const none = { insteadOf: null };
    expect(who("station", "2026-11-24")).toEqual({ officer: "lin", tier: "station", reason: "first", ...none });
    expect(who("operator", "2026-11-24")).toEqual({ officer: "lin", tier: "station", reason: "higher-tier", ...none });
    expect(who("district", "2026-11-24")?.officer).toBe("wu");
    // The district's hours are closed on a holiday.
    expect(who("district", "2026-10-02")).toEqual({ officer: "li", tier: "city", reason: "higher-tier", ...none });
  });

  it("follows leave and hand-over to the minute", () => {
    const who = roll(
      ["absences", { officer: "lin", reason: "leave" }, "2026-11-24 08:00", "2026-11-25"],
      ["absences", { officer: "wu", substitute: "li", reason: "hand-over" }, "2026-11-24 12:00"],
    );
    expect(who("station", "2026-11-24 07:59")?.officer).toBe("lin");
    expect(who("station", "2026-11-24 08:00")).toMatchObject({ officer: "chen", reason: "next-in-rank" });
    expect(who("station", "2026-11-25 00:00")?.officer).toBe("lin");
    expect(who("district", "2026-11-24 11:59")?.officer).toBe("wu");
    expect(who("district", "2026-11-24 12:00")).toMatchObject({ officer: "li", insteadOf: "wu", reason: "substitute" });
  });

  it("passes over people who stand in for each other, and who have left", () => {
    const { database, put } = testedRegister();
    put(...roster);
    put(
      ["absences", { officer: "lin", substitute: "chen", reason: "leave" }],
      ["absences", { officer: "chen", substitute: "lin", reason: "leave" }],
      ["officers", { code: "li", name: "li" }, undefined, "2026-10-03"],
    );
    const duty = new DutyRoster(database, shanghai);
    const who = (local: string) => duty.find("songbai", "station", at(local));
    expect(who("2026-11-24")).toMatchObject({ officer: "wu", tier: "district" });
    expect(who("2026-10-02")).toMatchObject({ officer: "li", tier: "city" });
    expect(who("2026-10-03")).toBeUndefined();
  });

  it("says so when there is nobody", () => {
    const { database, put } = testedRegister();
    put(...smallCity);
    expect(new DutyRoster(database, shanghai).find("songbai", "operator", at("2026-11-24"))).toBeUndefined();
    expect(new DutyRoster(database, shanghai).find("elsewhere", "operator", at("2026-11-24"))).toBeUndefined();
  });
});
