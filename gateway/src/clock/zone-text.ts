/** Whether this machine knows a time zone by that name (IANA). */
export const isTimeZone = (name: string): boolean => {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
};

/**
 * Instants (milliseconds since 1970) as local times of a zone with their offset, ISO 8601: `2026-11-25T08:00:00.000+08:00`.
 * @throws {RangeError} when there is no such zone
 */
export const zoneText = (timeZone: string): ((ms: number) => string) => {
  const format = new Intl.DateTimeFormat("en", {
    ...{ timeZone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit" },
    ...{ hour: "2-digit", minute: "2-digit", second: "2-digit" },
  });
  return (ms) => {
    const parts = new Map(format.formatToParts(ms).map(({ type, value }) => [type, value]));
    const part = (name: Intl.DateTimeFormatPartTypes): string => parts.get(name) ?? "";
    const text = `${part("year")}-${part("month")}-${part("day")}T${part("hour")}:${part("minute")}:${part("second")}`;
    const milliseconds = ((ms % 1_000) + 1_000) % 1_000;
    const offset = Math.round((Date.parse(`${text}Z`) + milliseconds - ms) / 60_000);
    const two = (value: number): string => String(value).padStart(2, "0");
    const size = Math.abs(offset);
    const zone = `${offset < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
    return `${text}.${String(milliseconds).padStart(3, "0")}${zone}`;
  };
};
