import { describe, expect, it } from "vitest";
import { beijingDay, beijingTimeMs } from "./beijing-time.ts";
import { mainlandNumber } from "./phone.ts";

describe("a number of mainland China", () => {
  it("is found in whatever form it was entered", () => {
    for (const phone of ["13900001234", "+8613900001234", "008613900001234", "+86 139-0000-1234", "86 13900001234"]) {
      expect(mainlandNumber(phone)).toBe("13900001234");
    }
    for (const phone of ["", "1390000123", "12900001234", "+85213900001234", "0592-2010000", "139000012345", "abc"]) {
      expect(mainlandNumber(phone)).toBeUndefined();
    }
  });
});

describe("time in China", () => {
  it("changes its day at 16:00 UTC and is read as providers write it", () => {
    expect(beijingDay(Date.parse("2026-11-25T15:59:59.999Z"))).toBe("20261125");
    expect(beijingDay(Date.parse("2026-11-25T16:00:00Z"))).toBe("20261126");
    expect(beijingTimeMs("2026-11-26 00:00:01")).toBe(Date.parse("2026-11-25T16:00:01Z"));
    for (const text of ["", "2026-13-40 00:00:00", "soon"]) expect(beijingTimeMs(text)).toBeUndefined();
  });
});
