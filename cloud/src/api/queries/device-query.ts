import type { DeviceState, DeviceView, GatewaySummary } from "@mingcheng/protocols";
import type { SqliteDatabase } from "../../store/database.ts";
import type { DayWindow } from "./day-window.ts";
import { isoTimeOrNull } from "./read-stores.ts";
import { latestReadings } from "./reading-query.ts";

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

/** Devices (not the gateways themselves) by gateway and id, with their counts of the day and latest reading. */
export const deviceViews = (
  projections: SqliteDatabase,
  asked: { readonly window: DayWindow; readonly gateways: readonly GatewaySummary[]; readonly gw: string | null },
): DeviceView[] => {
  const { window, gw } = asked;
  const gateways = new Map(asked.gateways.map((gateway) => [gateway.gw, gateway]));
  const latest = latestReadings(projections);
  const rows = projections
    .prepare(
      `SELECT device.*, weighings, grams, without_grams, tests, scale_events FROM device
       LEFT JOIN rollup ON rollup.period = 'day' AND rollup.start_ms = :fromMs AND rollup.device = device.id
       WHERE class <> 'gateway' AND (:gw IS NULL OR gw = :gw) ORDER BY gw, dev`,
    )
    .all({ fromMs: window.fromMs, gw }) as DeviceRow[];
  return rows.map((row) => {
    const gateway = gateways.get(row.gw);
    return {
      ...{ gw: row.gw, site: gateway?.site ?? row.gw, dev: row.dev, class: row.class, driver: row.driver },
      state: deviceState(row.status, gateway?.online ?? null),
      ...{ statedAs: row.status, statedAt: isoTimeOrNull(row.status_at_ms), reason: row.status_reason },
      ...{ lastAt: isoTimeOrNull(row.last_at_ms), lastReceivedAt: isoTimeOrNull(row.last_received_ms) },
      lastWeighing: row.class === "scale" ? latest.weighing(row.id) : null,
      lastTest: row.class === "tester" ? latest.test(row.id) : null,
      today: {
        ...{ weighings: row.weighings ?? 0, grams: row.grams ?? "0", withoutGrams: row.without_grams ?? 0 },
        ...{ tests: row.tests ?? 0, scaleEvents: row.scale_events ?? 0 },
      },
    };
  });
};
