import {
  type AlertList,
  addDecimal,
  type DeviceView,
  formatDecimal,
  type GatewaySummary,
  parseDecimal,
  type Today,
  trimDecimal,
} from "@mingcheng/protocols";
import type { SqliteDatabase } from "../../store/database.ts";
import type { DayWindow } from "./day-window.ts";
import { deviceViews } from "./device-query.ts";
import { gatewaySummaries } from "./gateway-query.ts";
import { testsOfDay, weighingsOfDay } from "./reading-query.ts";
import { projectedLsn } from "./record-query.ts";

/** So many of each are listed. */
const listedWeighings = 50;
const listedTests = 200;

const sumOf = (texts: readonly string[]): string =>
  formatDecimal(
    trimDecimal(
      texts.reduce((sum, text) => addDecimal(sum, parseDecimal(text) ?? { digits: 0n, scale: 0 }), {
        digits: 0n,
        scale: 0,
      }),
    ),
  );

const testTotals = (projections: SqliteDatabase, day: string, gw: string | null): Today["totals"]["tests"] => {
  const rows = projections
    .prepare(
      "SELECT verdict, sum(n) AS n FROM rollup_test WHERE day = :day AND (:gw IS NULL OR gw = :gw) GROUP BY verdict",
    )
    .all({ day, gw }) as { verdict: "positive" | "suspect" | "negative" | "invalid" | "none"; n: number }[];
  const totals = { all: 0, positive: 0, suspect: 0, negative: 0, invalid: 0, none: 0 };
  for (const { verdict, n } of rows) {
    totals[verdict] += n;
    totals.all += n;
  }
  return totals;
};

const deviceTotals = (devices: readonly DeviceView[]): Today["totals"]["devices"] => {
  const totals = { all: devices.length, online: 0, silent: 0, offline: 0, parked: 0, unknown: 0 };
  for (const { state } of devices) totals[state]++;
  return totals;
};

/** What a day is asked for. Connections that read; `head` is the ledger's last number. */
export interface TodayAsked {
  readonly register: SqliteDatabase;
  readonly projections: SqliteDatabase;
  readonly window: DayWindow;
  readonly timezone: string;
  readonly gw: string | null;
  readonly nowMs: number;
  readonly head: number;
  readonly alerts: AlertList | null;
}

const totalsOf = (
  { projections, window, gw }: TodayAsked,
  devices: readonly DeviceView[],
  gateways: readonly GatewaySummary[],
): Today["totals"] => ({
  weighings: devices.reduce((sum, { today }) => sum + today.weighings, 0),
  grams: sumOf(devices.map(({ today }) => today.grams)),
  withoutGrams: devices.reduce((sum, { today }) => sum + today.withoutGrams, 0),
  tests: testTotals(projections, window.day, gw),
  devices: deviceTotals(devices),
  gateways: { all: gateways.length, online: gateways.filter(({ online }) => online === true).length },
});

/** The business day so far. Call on one snapshot of the projections, so that lists and totals fit each other. */
export const todayView = (asked: TodayAsked): Today => {
  const { register, projections, window, gw } = asked;
  const every = gatewaySummaries(register, projections);
  const gateways = gw === null ? every : every.filter((gateway) => gateway.gw === gw);
  const devices = deviceViews(projections, { window, gateways, gw });
  const totals = totalsOf(asked, devices, gateways);
  return {
    asOf: new Date(asked.nowMs).toISOString(),
    ...{ day: window.day, timezone: asked.timezone },
    ...{ from: new Date(window.fromMs).toISOString(), to: new Date(window.toMs).toISOString() },
    ...{ lsn: projectedLsn(projections), head: asked.head },
    totals,
    devices,
    weighings: weighingsOfDay(projections, { window, gw, limit: listedWeighings, total: totals.weighings }),
    tests: testsOfDay(projections, { window, gw, limit: listedTests, total: totals.tests.all }),
    alerts: asked.alerts,
    gateways,
  };
};
