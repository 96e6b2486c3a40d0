import { businessDays, startOfDay } from "../../effective-time/business-day.ts";

/** One business day: from its first instant (in it) to that of the next (not in it). */
export interface DayWindow {
  /** `2026-11-23`. */
  readonly day: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Longer than any day (25 hours), shorter than two. */
const intoNextDayMs = 26 * 3_600_000;

/** Returns the business day that an instant lies in, by the centre's time zone. @throws {RangeError} for an unknown zone */
export const dayWindows = (timezone: string): ((atMs: number) => DayWindow) => {
  const dayOf = businessDays(timezone);
  return (atMs) => {
    const fromMs = startOfDay(dayOf, atMs);
    return { day: dayOf(atMs), fromMs, toMs: startOfDay(dayOf, fromMs + intoNextDayMs) };
  };
};
