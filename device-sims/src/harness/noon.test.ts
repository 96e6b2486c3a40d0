import { describe, expect, it } from "vitest";
import { zoneAtNoon } from "./noon.ts";

const dayOf = (zone: string, ms: number): string =>
  new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short" }).format(ms);

describe("the zone at noon", () => {
  it("is half a day from midnight at every hour, and its offset is that of its name", () => {
    for (let hour = 0; hour < 24; hour++) {
      const nowMs = Date.UTC(2026, 10, 25, hour, 59, 59);
      const { name, offset } = zoneAtNoon(nowMs);
      expect(dayOf(name, nowMs), name).toBe(dayOf(name, nowMs - 12 * 3_600_000));
      expect(dayOf(name, nowMs), name).toBe(dayOf(name, nowMs + 11 * 3_600_000));
      const local = new Intl.DateTimeFormat("en-GB", { timeZone: name, timeZoneName: "longOffset" }).format(nowMs);
      expect(local, name).toContain(offset === "+00:00" ? "GMT" : `GMT${offset}`);
    }
  });
});
