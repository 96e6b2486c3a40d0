/** An instant as people of a time zone write it: `2026-11-25 06:30`. */
export const reportTime = (at: string, timezone: string): string =>
  new Intl.DateTimeFormat("sv-SE", { timeZone: timezone, dateStyle: "short", timeStyle: "short" }).format(
    Date.parse(at),
  );
