/**
 * Validity is counted in whole minutes since 1970 (UTC), from inclusive, to exclusive. An empty `from` is {@link always},
 * an empty `to` is {@link forever}; both fit into 31 bits.
 */
export const always = 0;

/** See {@link always}. The year 6053. */
export const forever = 2 ** 31 - 1;

const minuteMs = 60_000;
const maxCached = 4096;

/** The minute that an instant (milliseconds since 1970) lies in. */
export const minuteOf = (ms: number): number => Math.floor(ms / minuteMs);

/** First millisecond of a minute. */
export const minuteStartMs = (minute: number): number => minute * minuteMs;

/** Reads and writes minutes as people of one time zone do. */
export interface ZoneClock {
  /**
   * Reads `2026-11-24`, `2026-11-24 12:30` or `2026/11/24 12:30` as local time, and ISO 8601 with an offset or `Z` as it
   * says. Undefined for anything else, for seconds that are not zero, and for a local time that a change of the clock
   * leaves out.
   */
  parse(text: string): number | undefined;
  /** `2026-11-24T12:30+08:00`: reads back as the same minute anywhere. */
  format(minute: number): string;
  /** Day of the week (1 = Monday … 7 = Sunday) and minute of the day. */
  local(minute: number): { readonly weekday: number; readonly minuteOfDay: number };
}

const pattern =
  /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ]+(\d{1,2}):(\d{2})(?::00(?:\.0+)?)?)?\s*(Z|[+-]\d{2}:?\d{2})?$/;

const utcMinute = (year: number, month: number, day: number, hour: number, minute: number): number | undefined => {
  const at = new Date(Date.UTC(year, month - 1, day, hour, minute));
  const same = at.getUTCFullYear() === year && at.getUTCMonth() === month - 1 && at.getUTCDate() === day;
  return same && hour < 24 && minute < 60 ? minuteOf(at.getTime()) : undefined;
};

const offsetMinutes = (text: string): number => {
  if (text === "Z") return 0;
  const minutes = Number(text.slice(1, 3)) * 60 + Number(text.slice(-2));
  return text.startsWith("-") ? -minutes : minutes;
};

const two = (value: number): string => String(value).padStart(2, "0");

const offsetText = (minutes: number): string => {
  const size = Math.abs(minutes);
  return `${minutes < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
};

/** Remembers the latest answers of a function of one argument. */
const remembered = <Key, Value>(body: (key: Key) => Value): ((key: Key) => Value) => {
  const known = new Map<Key, Value>();
  return (key) => {
    const found = known.get(key);
    if (found !== undefined) return found;
    const value = body(key);
    if (known.size >= maxCached) known.clear();
    known.set(key, value);
    return value;
  };
};

/** The clock of an IANA time zone. @throws {RangeError} for an unknown one */
export const zoneClock = (timeZone: string): ZoneClock => {
  const wall = new Intl.DateTimeFormat("en-CA", {
    ...{ timeZone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit" },
    ...{ hour: "2-digit", minute: "2-digit" },
  });
  // Offsets change at whole quarters of an hour.
  const offsetOfQuarter = remembered((quarter: number): number => {
    const at = quarter * 15;
    const parts = new Map(wall.formatToParts(at * minuteMs).map(({ type, value }) => [type, Number(value)]));
    const of = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
    const local = utcMinute(of("year"), of("month"), of("day"), of("hour"), of("minute"));
    return (local ?? at) - at;
  });
  const offsetAt = (minute: number): number => offsetOfQuarter(Math.floor(minute / 15));
  const parse = (text: string): number | undefined => {
    const [, year, month, day, hour = "0", minute = "0", zone] = pattern.exec(text) ?? [];
    if (year === undefined) return undefined;
    const read = utcMinute(Number(year), Number(month), Number(day), Number(hour), Number(minute));
    if (read === undefined) return undefined;
    if (zone !== undefined) return read - offsetMinutes(zone);
    const utc = read - offsetAt(read - offsetAt(read));
    return utc + offsetAt(utc) === read ? utc : undefined;
  };
  const format = (minute: number): string => {
    const offset = offsetAt(minute);
    return `${new Date((minute + offset) * minuteMs).toISOString().slice(0, 16)}${offsetText(offset)}`;
  };
  const parsed = remembered((text: string) => ({ minute: parse(text) }));
  return {
    parse: (text) => parsed(text).minute,
    format: remembered(format),
    local: (minute) => {
      const at = minute + offsetAt(minute);
      const day = Math.floor(at / 1440);
      // 1970-01-01 was a Thursday.
      return { weekday: ((((day + 3) % 7) + 7) % 7) + 1, minuteOfDay: at - day * 1440 };
    },
  };
};
