import { MingchengError, type Report, type ReportPeriod } from "@mingcheng/protocols";
import { type DayWindow, dayWindows } from "../api/queries/day-window.ts";
import { ledgerHead, projectedLsn } from "../api/queries/record-query.ts";
import type { PlaceFinder } from "../register/attribution/place-finder.ts";
import { minuteOf } from "../register/model/validity.ts";
import type { SqliteDatabase } from "../store/database.ts";
import { reportAlerts } from "./report-alerts.ts";
import { DeviceCounts, DeviceFaults, reportDevices } from "./report-devices.ts";
import { reportSales, reportTests } from "./report-facts.ts";
import { siteDevices } from "./site-spans.ts";

/** Which report. */
export interface ReportAsked {
  readonly site: string;
  readonly period: ReportPeriod;
  /** The day, or any day of the week: `2026-11-25`. */
  readonly date: string;
}

/** What reports are read from: connections that read, each on one snapshot. */
export interface ReportStores {
  readonly ledger: SqliteDatabase;
  readonly projections: SqliteDatabase;
  readonly alerts: SqliteDatabase;
  readonly register: SqliteDatabase;
  readonly places: PlaceFinder;
}

const dayMs = 86_400_000;
const daysOf: Readonly<Record<ReportPeriod, number>> = { day: 1, week: 7 };

/** First day of the period that a day lies in: the day itself, or the Monday. */
export const firstDayOf = (period: ReportPeriod, date: string): string => {
  const ms = Date.parse(`${date}T00:00:00Z`);
  if (!Number.isFinite(ms)) throw new MingchengError("INPUT_INVALID", `${date} is no day`, { field: "date" });
  const back = period === "day" ? 0 : (new Date(ms).getUTCDay() + 6) % 7;
  return new Date(ms - back * dayMs).toISOString().slice(0, 10);
};

/** The business days of a period. */
const windowsOf = (timezone: string, period: ReportPeriod, first: string): [DayWindow, ...DayWindow[]] => {
  const windowAt = dayWindows(timezone);
  const noonMs = Date.parse(`${first}T12:00:00Z`);
  // Noon in UTC lies in the day asked for, or beside it where the zone is more than twelve hours away.
  const near = [0, -dayMs, dayMs].map((ms) => windowAt(noonMs + ms)).find(({ day }) => day === first);
  let window = near ?? windowAt(noonMs);
  const windows: [DayWindow, ...DayWindow[]] = [window];
  while (windows.length < daysOf[period]) {
    window = windowAt(window.toMs);
    windows.push(window);
  }
  return windows;
};

const siteName = (register: SqliteDatabase, code: string, atMs: number): string => {
  const minute = minuteOf(atMs);
  const row = register
    .prepare(
      `SELECT name FROM site WHERE code = ? AND until_change IS NULL AND valid_from <= ? AND ? < valid_to
       UNION ALL SELECT name FROM site WHERE code = ? AND until_change IS NULL LIMIT 1`,
    )
    .pluck()
    .get(code, minute, minute, code) as string | undefined;
  if (row === undefined) throw new MingchengError("NOT_FOUND", `there is no site ${code}`, { field: "site" });
  return row;
};

/** Whether everything that the centre had received by a time is in the projections. */
const isProjected = (ledger: SqliteDatabase, lsn: number, byMs: number): boolean => {
  const next = ledger.prepare("SELECT received_ms FROM record WHERE lsn > ? ORDER BY lsn LIMIT 1").pluck().get(lsn);
  return next === undefined || (next as number) >= byMs;
};

/**
 * Reads the report of a site for a day or a week. The same ledger number gives the same figures, whoever asks and whenever,
 * except for what the register was corrected to and people did about alerts since.
 * @throws {MingchengError} INPUT_INVALID, NOT_FOUND
 */
export const readReport = (
  stores: ReportStores,
  asked: ReportAsked,
  { timezone, nowMs }: { readonly timezone: string; readonly nowMs: number },
): Report => {
  const { projections, places, register } = stores;
  const { site, period } = asked;
  const first = firstDayOf(period, asked.date);
  const days = windowsOf(timezone, period, first);
  const [fromMs, toMs] = [days[0].fromMs, (days.at(-1) ?? days[0]).toMs];
  const name = siteName(register, site, Math.min(toMs - 1, nowMs));
  const [lsn, head] = [projectedLsn(projections), ledgerHead(stores.ledger)];
  const devices = siteDevices(projections, places, { site, fromMs, toMs });
  const counts = new DeviceCounts(projections, places, site, days);
  const faults = new DeviceFaults(projections, Math.min(toMs, nowMs));
  return {
    v: 1,
    site: { code: site, name },
    period: {
      ...{ type: period, first, last: (days.at(-1) ?? days[0]).day, timezone },
      ...{ from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() },
      complete: toMs <= nowMs && isProjected(stores.ledger, lsn, toMs),
    },
    cutOff: { lsn, head, at: new Date(nowMs).toISOString() },
    tests: reportTests(projections, devices),
    sales: reportSales(projections, devices),
    ...reportDevices(devices, counts, faults),
    alerts: reportAlerts(stores.alerts, { site, fromMs, toMs }),
  };
};
