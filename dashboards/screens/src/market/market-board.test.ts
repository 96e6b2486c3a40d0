import { describe, expect, it } from "vitest";
import { localOf } from "./market-board.ts";

describe("the time of the box", () => {
  it("is told by its own offset, across midnight and over the end of a year", () => {
    expect(localOf(Date.parse("2026-11-25T15:59:59Z"), "+08:00")).toEqual({ day: "2026-11-25", time: "23:59" });
    expect(localOf(Date.parse("2026-11-25T16:00:00Z"), "+08:00")).toEqual({ day: "2026-11-26", time: "00:00" });
    expect(localOf(Date.parse("2026-12-31T20:30:00Z"), "+05:30")).toEqual({ day: "2027-01-01", time: "02:00" });
    expect(localOf(Date.parse("2026-11-25T02:00:00Z"), "-03:30")).toEqual({ day: "2026-11-24", time: "22:30" });
    expect(localOf(Date.parse("1970-01-01T00:00:00Z"), "Z")).toEqual({ day: "1970-01-01", time: "00:00" });
  });
});
