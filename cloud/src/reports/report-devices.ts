import type { DeviceBody, Report } from "@mingcheng/protocols";
import type { Statement } from "better-sqlite3";
import { addCounts, DayCounter, type DayCounts, nothingCounted } from "../api/queries/day-counter.ts";
import type { DayWindow } from "../api/queries/day-window.ts";
import type { PlaceFinder } from "../register/attribution/place-finder.ts";
import type { SqliteDatabase } from "../store/database.ts";
import type { SiteDevice, Span } from "./site-spans.ts";

type Status = DeviceBody["status"];

interface Change {
  readonly atMs: number;
  readonly status: Status;
}

const isFault = (status: Status | undefined): boolean => status === "silent" || status === "offline";

/** What is counted of each device: by days from the rollups, to the minute where a device was moved. */
export class DeviceCounts {
  readonly #rollup: Statement;
  readonly #counters: readonly { readonly window: DayWindow; readonly counter: DayCounter }[];
  readonly #site: string;

  constructor(projections: SqliteDatabase, places: PlaceFinder, site: string, days: readonly DayWindow[]) {
    this.#site = site;
    this.#counters = days.map((window) => ({ window, counter: new DayCounter(projections, window, places) }));
    this.#rollup = projections.prepare(
      `SELECT weighings, grams, without_grams AS withoutGrams, tests, scale_events AS scaleEvents FROM rollup
       WHERE period = 'day' AND start_ms = ? AND device = ?`,
    );
  }

  /** What of a device's days belongs to the site. */
  of({ id, gw, dev }: SiteDevice): DayCounts {
    return addCounts(
      this.#counters.map(({ window, counter }) => {
        const whole = (this.#rollup.get(window.fromMs, id) as DayCounts | undefined) ?? nothingCounted;
        return counter.count({ id, gw, dev, whole }, (attribution) => attribution.site === this.#site);
      }),
    );
  }
}

/** Times at which devices fell silent or went offline, and for how long. */
export class DeviceFaults {
  readonly #before: Statement;
  readonly #within: Statement;
  readonly #untilMs: number;

  /** `untilMs`: what lasts until now lasts until then. */
  constructor(projections: SqliteDatabase, untilMs: number) {
    this.#untilMs = untilMs;
    const changes = `SELECT at_ms AS atMs, json_extract(body, '$.status') AS status FROM record
      JOIN line ON line.id = record.line AND line.status = 'ok' WHERE kind = 'device' AND device = ?`;
    this.#before = projections.prepare(`${changes} AND at_ms < ? ORDER BY at_ms DESC, lsn DESC LIMIT 1`);
    this.#within = projections.prepare(`${changes} AND at_ms >= ? AND at_ms < ? ORDER BY at_ms, lsn`);
  }

  of({ id, spans }: SiteDevice): { readonly faults: number; readonly faultMinutes: number } {
    let faults = 0;
    let faultMs = 0;
    for (const span of spans) {
      const found = this.#ofSpan(id, span);
      faults += found.faults;
      faultMs += found.faultMs;
    }
    return { faults, faultMinutes: Math.round(faultMs / 60_000) };
  }

  #ofSpan(device: number, { fromMs, toMs }: Span): { faults: number; faultMs: number } {
    const before = this.#before.get(device, fromMs) as Change | undefined;
    const changes = this.#within.all(device, fromMs, toMs) as Change[];
    const endMs = Math.min(toMs, this.#untilMs);
    let [faults, faultMs] = [0, 0];
    let sinceMs = isFault(before?.status) ? fromMs : null;
    for (const { atMs, status } of changes) {
      if (isFault(status) && sinceMs === null) {
        faults++;
        sinceMs = atMs;
      } else if (!isFault(status) && sinceMs !== null) {
        faultMs += atMs - sinceMs;
        sinceMs = null;
      }
    }
    if (sinceMs !== null) faultMs += Math.max(0, endMs - sinceMs);
    return { faults, faultMs };
  }
}

/** The devices' part of a report, and what they weighed altogether. */
export const reportDevices = (
  devices: readonly SiteDevice[],
  counts: DeviceCounts,
  faults: DeviceFaults,
): Pick<Report, "devices" | "weighings"> => {
  const counted = devices.map((device) => ({ device, of: counts.of(device) }));
  const { weighings, grams, withoutGrams } = addCounts(counted.map(({ of }) => of));
  return {
    weighings: { count: weighings, grams, withoutGrams },
    devices: counted.map(({ device, of }) => {
      const { gw, dev, stall } = device;
      return { gw, dev, class: device.class, stall, weighings: of.weighings, tests: of.tests, ...faults.of(device) };
    }),
  };
};
