/** Time zones differ from UTC by multiples of this, so a day is computed once per such span. */
const quarterMs = 15 * 60_000;
const maxCached = 4096;

/**
 * Returns the business day (`2026-11-23`) of an instant at a site: the calendar day in the site's IANA time zone.
 * @throws {RangeError} for an unknown time zone
 */
export const businessDays = (timeZone: string): ((atMs: number) => string) => {
  const format = new Intl.DateTimeFormat("en-CA", { timeZone, year: "numeric", month: "2-digit", day: "2-digit" });
  const days = new Map<number, string>();
  let latest = Number.NaN;
  let latestDay = "";
  return (atMs) => {
    const quarter = Math.floor(atMs / quarterMs);
    if (quarter === latest) return latestDay;
    let day = days.get(quarter);
    if (day === undefined) {
      day = format.format(quarter * quarterMs);
      if (days.size >= maxCached) days.clear();
      days.set(quarter, day);
    }
    latest = quarter;
    latestDay = day;
    return day;
  };
};

/** First instant of the business day that `atMs` lies in, in milliseconds since 1970 (days may have 23 or 25 hours). */
export const startOfDay = (dayOf: (atMs: number) => string, atMs: number): number => {
  const day = dayOf(atMs);
  let at = Math.floor(atMs / quarterMs) * quarterMs;
  while (dayOf(at - quarterMs) === day) at -= quarterMs;
  return at;
};
