const offsetMs = 8 * 3_600_000;

/** The day in China at a time, `yyyyMMdd`. China has no summer time. */
export const beijingDay = (ms: number): string =>
  new Date(ms + offsetMs).toISOString().slice(0, 10).replaceAll("-", "");

/** A time as Chinese providers write it, `yyyy-MM-dd HH:mm:ss`, in milliseconds since 1970; undefined when it is none. */
export const beijingTimeMs = (text: string): number | undefined => {
  if (!/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/u.test(text)) return undefined;
  const ms = Date.parse(`${text.replace(" ", "T")}+08:00`);
  return Number.isNaN(ms) ? undefined : ms;
};
