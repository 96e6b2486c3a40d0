interface Parts {
  readonly day: string;
  readonly time: string;
}

const formats = new Map<string, Intl.DateTimeFormat>();

const formatOf = (timezone: string): Intl.DateTimeFormat => {
  let format = formats.get(timezone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-CA", {
      ...{ timeZone: timezone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit" },
      ...{ hour: "2-digit", minute: "2-digit" },
    });
    formats.set(timezone, format);
  }
  return format;
};

const partsOf = (atMs: number, timezone: string): Parts => {
  const found = new Map(
    formatOf(timezone)
      .formatToParts(atMs)
      .map(({ type, value }) => [type, value]),
  );
  const part = (name: Intl.DateTimeFormatPartTypes): string => found.get(name) ?? "";
  return {
    day: `${part("year")}-${part("month")}-${part("day")}`,
    time: `${part("hour")}:${part("minute")}`,
  };
};

/** What is called today, and where. */
export interface Calendar {
  /** IANA zone of the centre. */
  readonly timezone: string;
  /** Its business day: `2026-11-23`. */
  readonly day: string;
}

/** The day of an instant in a zone: `2026-11-23`. */
export const dayText = (atMs: number, timezone: string): string => partsOf(atMs, timezone).day;

/** The instant of a local time of a zone (`2026-11-23T14:05`), ISO 8601 in UTC; null when it is no time. */
export const instantIn = (local: string, timezone: string): string | null => {
  const asUtc = Date.parse(`${local}Z`);
  if (Number.isNaN(asUtc)) return null;
  const localOf = (ms: number): number => {
    const { day, time } = partsOf(ms, timezone);
    return Date.parse(`${day}T${time}Z`);
  };
  // Once more, because the offset at the first guess may be another than at the instant itself.
  const first = asUtc - (localOf(asUtc) - asUtc);
  return new Date(first - (localOf(first) - asUtc)).toISOString();
};

/** The local time of an instant in a zone, as an input of a form has it: `2026-11-23T14:05`. Undone by {@link instantIn}. */
export const localIn = (at: string, timezone: string): string => {
  const { day, time } = partsOf(Date.parse(at), timezone);
  return `${day}T${time}`;
};

/** `14:05` for today, else `11-23 14:05`, of another year `2025-11-23 14:05`; by the centre's clock, not the browser's. */
export const momentText = (at: string, { timezone, day }: Calendar): string => {
  const parts = partsOf(Date.parse(at), timezone);
  if (parts.day === day) return parts.time;
  const date = parts.day.slice(0, 4) === day.slice(0, 4) ? parts.day.slice(5) : parts.day;
  return `${date} ${parts.time}`;
};

/** A span of time in its two largest units, as numbers; the words come from the language. */
export interface Span {
  readonly days: number;
  readonly hours: number;
  readonly minutes: number;
}

/** Splits milliseconds; negative ones are none. */
export const spanOf = (ms: number): Span => {
  const minutes = Math.max(0, Math.floor(ms / 60_000));
  return { days: Math.floor(minutes / 1_440), hours: Math.floor((minutes % 1_440) / 60), minutes: minutes % 60 };
};
