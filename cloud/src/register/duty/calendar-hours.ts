import type { Statement } from "better-sqlite3";
import type { SqliteDatabase } from "../../store/database.ts";
import type { ZoneClock } from "../model/validity.ts";

/** What hours of a calendar are for. */
export type HoursPurpose = "open" | "meal" | "duty";

const minuteOfDay = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));

const then = "until_change IS NULL AND valid_from <= @minute AND @minute < valid_to";

interface Asking {
  readonly holiday: Statement<unknown[]>;
  readonly hours: Statement<unknown[]>;
}

const prepared = new WeakMap<SqliteDatabase, Asking>();

/** Rules ask for minute after minute: what is asked is prepared once for a connection. */
const askingOf = (database: SqliteDatabase): Asking => {
  let asking = prepared.get(database);
  if (asking === undefined) {
    asking = {
      holiday: database.prepare(`SELECT follows FROM holiday WHERE calendar = @calendar AND ${then}`).pluck(),
      hours: database.prepare(
        `SELECT days, start, "end" FROM calendar_hours WHERE calendar = @calendar AND purpose = @purpose AND ${then}`,
      ),
    };
    prepared.set(database, asking);
  }
  return asking;
};

/**
 * True when `minute` lies in hours of a calendar for a purpose: on a holiday never, on a moved working day by the hours of
 * the day of the week that it follows. Times of day are the clock's. An unknown calendar has no hours.
 */
export const withinHours = (
  database: SqliteDatabase,
  clock: ZoneClock,
  asked: { readonly calendar: string; readonly purpose: HoursPurpose; readonly minute: number },
): boolean => {
  const asking = askingOf(database);
  const { calendar, minute, purpose } = asked;
  const holiday = asking.holiday.get({ calendar, minute }) as string | undefined;
  if (holiday === "closed") return false;
  const local = clock.local(minute);
  const weekday = holiday ?? String(local.weekday);
  const hours = asking.hours.all({ calendar, purpose, minute }) as { days: string; start: string; end: string }[];
  return hours.some(
    ({ days, start, end }) =>
      days.includes(weekday) && minuteOfDay(start) <= local.minuteOfDay && local.minuteOfDay < minuteOfDay(end),
  );
};
