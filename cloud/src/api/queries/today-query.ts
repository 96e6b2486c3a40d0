import type { AlertList, DeviceView, GatewaySummary, Today } from "@mingcheng/protocols";
import type { SqliteDatabase } from "../../store/database.ts";
import { addCounts, DayCounter } from "./day-counter.ts";
import type { DayWindow } from "./day-window.ts";
import { type DevicesOfDay, devicesOfDay } from "./device-query.ts";
import { gatewaySummaries, seenGateways } from "./gateway-query.ts";
import { testsOfDay, weighingsOfDay } from "./reading-query.ts";
import { projectedLsn } from "./record-query.ts";
import { salesOfDay } from "./sale-query.ts";
import type { Seen } from "./seen.ts";

/** So many of each are listed. */
const listedWeighings = 50;
const listedTests = 200;

type TestTotals = Today["totals"]["tests"];
type VerdictCount = { readonly verdict: Exclude<keyof TestTotals, "all">; readonly n: number };

const testTotalsOf = (counts: readonly VerdictCount[]): TestTotals => {
  const totals = { all: 0, positive: 0, suspect: 0, negative: 0, invalid: 0, none: 0 };
  for (const { verdict, n } of counts) {
    totals[verdict] += n;
    totals.all += n;
  }
  return totals;
};

const testTotals = ({ projections, window, gw, cover, places }: TodayAsked): TestTotals => {
  if (cover.whole) {
    const rows = projections
      .prepare(
        "SELECT verdict, sum(n) AS n FROM rollup_test WHERE day = :day AND (:gw IS NULL OR gw = :gw) GROUP BY verdict",
      )
      .all({ day: window.day, gw });
    return testTotalsOf(rows as VerdictCount[]);
  }
  const rows = projections
    .prepare(
      `SELECT device.gw, device.dev, record.at_ms AS atMs, verdict, 1 AS n FROM record
       JOIN line ON line.id = record.line AND line.status = 'ok' JOIN device ON device.id = record.device
       JOIN record_test ON record_test.lsn = record.lsn AND record_test.counted = 1
       WHERE record.kind = 'test' AND record.at_ms >= :fromMs AND record.at_ms < :toMs
         AND (:gw IS NULL OR device.gw = :gw)`,
    )
    .all({ fromMs: window.fromMs, toMs: window.toMs, gw }) as (VerdictCount & {
    gw: string;
    dev: string;
    atMs: number;
  })[];
  return testTotalsOf(rows.filter((row) => places.sees(cover, row.gw, row.dev, row.atMs)));
};

const deviceTotals = (devices: readonly DeviceView[]): Today["totals"]["devices"] => {
  const totals = { all: devices.length, online: 0, silent: 0, offline: 0, parked: 0, unknown: 0 };
  for (const { state } of devices) totals[state]++;
  return totals;
};

/** What a day is asked for. Connections that read; `head` is the ledger's last number. */
export interface TodayAsked extends Seen {
  readonly register: SqliteDatabase;
  readonly projections: SqliteDatabase;
  readonly window: DayWindow;
  readonly timezone: string;
  readonly gw: string | null;
  readonly nowMs: number;
  readonly head: number;
  readonly alerts: AlertList | null;
}

/** What the register places nowhere, for those who see the whole centre. */
const unattributedOf = (
  { projections, window, places, cover }: TodayAsked,
  { devices, counted }: DevicesOfDay,
): Today["totals"]["unattributed"] => {
  if (!cover.whole) return null;
  const counter = new DayCounter(projections, window, places);
  const nowhere = addCounts(counted.map((device) => counter.count(device, ({ site }) => site === null)));
  return {
    devices: devices.filter(({ place }) => place?.site === undefined || place.site === null).length,
    ...{ weighings: nowhere.weighings, tests: nowhere.tests },
  };
};

const totalsOf = (asked: TodayAsked, ofDay: DevicesOfDay, gateways: readonly GatewaySummary[]): Today["totals"] => {
  const { projections, window, places, cover } = asked;
  const { devices, counted } = ofDay;
  const counter = new DayCounter(projections, window, places);
  const seen = cover.whole
    ? counted.map(({ whole }) => whole)
    : counted.map((device) => counter.count(device, (attribution) => cover.covers(attribution)));
  const { weighings, grams, withoutGrams } = addCounts(seen);
  return {
    ...{ weighings, grams, withoutGrams },
    tests: testTotals(asked),
    devices: deviceTotals(devices),
    gateways: { all: gateways.length, online: gateways.filter(({ online }) => online === true).length },
    unattributed: unattributedOf(asked, ofDay),
  };
};

/** The business day so far. Call on one snapshot of the projections, so that lists and totals fit each other. */
export const todayView = (asked: TodayAsked): Today => {
  const { projections, window, gw, cover, places, nowMs } = asked;
  const every = gatewaySummaries(asked);
  const ofDay = devicesOfDay(projections, { window, gateways: every, gw, cover, places, nowMs });
  const gateways = seenGateways(every, asked).filter((gateway) => gw === null || gateway.gw === gw);
  const totals = totalsOf(asked, ofDay, gateways);
  const readings = { window, gw, counted: ofDay.counted, cover, places };
  return {
    asOf: new Date(nowMs).toISOString(),
    ...{ day: window.day, timezone: asked.timezone },
    ...{ from: new Date(window.fromMs).toISOString(), to: new Date(window.toMs).toISOString() },
    ...{ lsn: projectedLsn(projections), head: asked.head },
    totals,
    devices: ofDay.devices,
    weighings: weighingsOfDay(projections, { ...readings, limit: listedWeighings, total: totals.weighings }),
    tests: testsOfDay(projections, { ...readings, limit: listedTests, total: totals.tests.all }),
    sales: salesOfDay(projections, { window, gw, cover, places }),
    alerts: asked.alerts,
    gateways,
  };
};
