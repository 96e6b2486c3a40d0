import type { DeviceState, DeviceView, GatewaySummary, TestView, WeighingView } from "@mingcheng/protocols";
import { minuteStartMs } from "../../register/model/validity.ts";
import type { SqliteDatabase } from "../../store/database.ts";
import { type CountedDevice, DayCounter, type DayCounts } from "./day-counter.ts";
import type { DayWindow } from "./day-window.ts";
import { isoTimeOrNull } from "./read-stores.ts";
import { type LatestReading, latestReadings } from "./reading-query.ts";
import type { Seen } from "./seen.ts";

interface DeviceRow {
  id: number;
  gw: string;
  dev: string;
  class: DeviceView["class"];
  driver: string | null;
  status: DeviceView["statedAs"];
  status_at_ms: number | null;
  status_reason: string | null;
  last_at_ms: number | null;
  last_received_ms: number | null;
  weighings: number | null;
  grams: string | null;
  without_grams: number | null;
  tests: number | null;
  scale_events: number | null;
}

/**
 * What is known of a device now: what its gateway said last, as long as the gateway itself is heard from. A gateway that
 * is away says nothing about its devices, however cheerful its last word was.
 */
export const deviceState = (statedAs: DeviceView["statedAs"], gatewayOnline: boolean | null): DeviceState =>
  gatewayOnline === true && statedAs !== null ? statedAs : "unknown";

/** What devices are asked for. `gateways`: all that there are, whoever sees them. */
export interface DevicesAsked extends Seen {
  readonly window: DayWindow;
  readonly gateways: readonly GatewaySummary[];
  readonly gw: string | null;
  readonly nowMs: number;
}

const countsOf = (row: DeviceRow): DayCounts => ({
  ...{ weighings: row.weighings ?? 0, grams: row.grams ?? "0", withoutGrams: row.without_grams ?? 0 },
  ...{ tests: row.tests ?? 0, scaleEvents: row.scale_events ?? 0 },
});

/** Devices (not the gateways themselves) of a day by gateway and id, whoever sees them. */
const deviceRows = (projections: SqliteDatabase, { window, gw }: DevicesAsked): DeviceRow[] =>
  projections
    .prepare(
      `SELECT device.*, weighings, grams, without_grams, tests, scale_events FROM device
       LEFT JOIN rollup ON rollup.period = 'day' AND rollup.start_ms = :fromMs AND rollup.device = device.id
       WHERE class <> 'gateway' AND (:gw IS NULL OR gw = :gw) ORDER BY gw, dev`,
    )
    .all({ fromMs: window.fromMs, gw }) as DeviceRow[];

/** The latest reading that was made where the asking person sees the device. */
const latestSeen = (row: DeviceRow, latest: LatestReading, { cover, places, nowMs }: DevicesAsked) => {
  const ever = Number.MIN_SAFE_INTEGER;
  const isSeen = (view: WeighingView | TestView | null): boolean =>
    view === null || places.sees(cover, row.gw, row.dev, Date.parse(view.at));
  const seen = <View extends WeighingView | TestView>(find: (sinceMs: number) => View | null): View | null => {
    const view = find(ever);
    if (isSeen(view)) return view;
    // It stood elsewhere then: what it said since it has been here.
    const stretch = places.stretches(row.gw, row.dev, 0, nowMs + 60_000).at(-1);
    return stretch === undefined ? null : find(minuteStartMs(stretch.from));
  };
  return {
    lastWeighing: row.class === "scale" ? seen((sinceMs) => latest.weighing(row.id, sinceMs)) : null,
    lastTest: row.class === "tester" ? seen((sinceMs) => latest.test(row.id, sinceMs)) : null,
  };
};

/** Devices as they stand now, and everything that was counted of the day, also of those that stand elsewhere by now. */
export interface DevicesOfDay {
  readonly devices: DeviceView[];
  /** Of every device with something of the day, whatever the person sees of it. */
  readonly counted: readonly CountedDevice[];
}

/** Reads them on one snapshot of the projections. */
export const devicesOfDay = (projections: SqliteDatabase, asked: DevicesAsked): DevicesOfDay => {
  const { cover, places, nowMs, window } = asked;
  const gateways = new Map(asked.gateways.map((gateway) => [gateway.gw, gateway]));
  const latest = latestReadings(projections, places);
  const counter = new DayCounter(projections, window, places);
  const rows = deviceRows(projections, asked);
  const counted = rows.map((row) => ({ id: row.id, gw: row.gw, dev: row.dev, whole: countsOf(row) }));
  const devices = rows.flatMap((row, index): DeviceView[] => {
    const { gw, dev } = row;
    if (!places.sees(cover, gw, dev, nowMs)) return [];
    const gateway = gateways.get(gw);
    const place = places.view(gw, dev, nowMs);
    const whole = counted[index];
    const today =
      cover.whole || whole === undefined
        ? countsOf(row)
        : counter.count(whole, (attribution) => cover.covers(attribution));
    const lastIsSeen = row.last_at_ms === null || places.sees(cover, gw, dev, row.last_at_ms);
    return [
      {
        ...{ gw, site: place?.site?.name ?? gateway?.site ?? gw, place, dev, class: row.class, driver: row.driver },
        state: deviceState(row.status, gateway?.online ?? null),
        ...{ statedAs: row.status, statedAt: isoTimeOrNull(row.status_at_ms), reason: row.status_reason },
        lastAt: lastIsSeen ? isoTimeOrNull(row.last_at_ms) : null,
        lastReceivedAt: lastIsSeen ? isoTimeOrNull(row.last_received_ms) : null,
        ...latestSeen(row, latest, asked),
        today,
      },
    ];
  });
  return { devices, counted };
};
