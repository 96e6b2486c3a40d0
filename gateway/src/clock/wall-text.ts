/** Local time with offset, ISO 8601, milliseconds: `2026-11-25T08:00:00.000+08:00`. `ms` is milliseconds since 1970. */
export const wallText = (ms: number): string => {
  const instant = new Date(ms);
  const offsetMinutes = -instant.getTimezoneOffset();
  const local = new Date(ms + offsetMinutes * 60_000).toISOString().slice(0, -1);
  const sign = offsetMinutes < 0 ? "-" : "+";
  const minutes = Math.abs(offsetMinutes);
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${local}${sign}${two(Math.floor(minutes / 60))}:${two(Math.floor(minutes % 60))}`;
};
