import type { KeptReport, Report, ReportPeriod } from "@mingcheng/protocols";
import { dayWindows } from "../../api/queries/day-window.ts";
import { minuteOf } from "../../register/model/validity.ts";
import type { SqliteDatabase } from "../../store/database.ts";
import { firstDayOf, type ReportAsked } from "../read-report.ts";
import type { ReportName, ReportShelf } from "./report-shelf.ts";

/** When reports are made, as configured. */
export interface ReportSettings {
  /** Time of day from which the day before is due, in the centre's time zone: `06:30`. */
  readonly at: string;
  /** So many days a report is read again each morning: what came late, or was decided since, makes another revision. */
  readonly settleDays: number;
  readonly keepDays: number;
}

/** What a round works with. */
export interface ReportRoundPorts {
  readonly shelf: ReportShelf;
  readonly register: SqliteDatabase;
  readonly timezone: string;
  readonly nowMs: () => number;
  /** @throws {MingchengError} what a report cannot be read for */
  readonly read: (asked: ReportAsked) => Promise<Report>;
  /** A new revision was made. */
  readonly onMade: (kept: KeptReport, report: Report) => void | Promise<void>;
  readonly onFault: (asked: ReportName, error: unknown) => void;
}

const dayMs = 86_400_000;
const hourMs = 3_600_000;
/** A centre that was away makes up for so many days. */
const catchUpDays = 31;

const addDays = (day: string, days: number): string =>
  new Date(Date.parse(`${day}T00:00:00Z`) + days * dayMs).toISOString().slice(0, 10);
const stepOf: Readonly<Record<ReportPeriod, number>> = { day: 1, week: 7 };

/** Makes every site's reports when they are due: after midnight, after a weekend, again while they may still change. */
export class ReportRound {
  readonly #settings: ReportSettings;
  readonly #ports: ReportRoundPorts;
  #running: Promise<void> | null = null;
  #ended = false;

  constructor(settings: ReportSettings, ports: ReportRoundPorts) {
    this.#settings = settings;
    this.#ports = ports;
  }

  /** Makes what is due, one after the other; called often, it begins only when the last round is over. */
  run(): Promise<void> {
    this.#running ??= this.#round().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /** Ends after the report that is being read. */
  async close(): Promise<void> {
    this.#ended = true;
    await this.#running;
  }

  /** What has to be read now: each site's newest reports first. */
  due(): ReportName[] {
    const { timezone, nowMs } = this.#ports;
    const now = nowMs();
    const today = dayWindows(timezone)(now);
    const [hours = 0, minutes = 0] = this.#settings.at.split(":").map(Number);
    const roundMs = today.fromMs + (hours * 60 + minutes) * 60_000;
    if (now < roundMs) return [];
    const names = this.#sites(now).flatMap((site) => [
      ...this.#periodsOf(site, "day", addDays(today.day, -1)),
      ...this.#periodsOf(site, "week", addDays(firstDayOf("week", today.day), -7)),
    ]);
    return names.filter((name) => this.#isDue(name, { now, roundMs, today: today.day }));
  }

  async #round(): Promise<void> {
    const { shelf, read, onMade, onFault, nowMs } = this.#ports;
    for (const name of this.due()) {
      if (this.#ended) return;
      try {
        const report = await read({ site: name.site, period: name.period, date: name.first });
        const kept = shelf.keep(report);
        if (kept !== null) await onMade(kept, report);
      } catch (error) {
        onFault(name, error);
      }
    }
    shelf.forget(nowMs() - this.#settings.keepDays * dayMs);
  }

  /** Sites that stood in the register within the last month. */
  #sites(now: number): string[] {
    return this.#ports.register
      .prepare(
        `SELECT DISTINCT code FROM site WHERE until_change IS NULL AND valid_from <= ? AND valid_to > ? ORDER BY code`,
      )
      .pluck()
      .all(minuteOf(now), minuteOf(now - catchUpDays * dayMs)) as string[];
  }

  /** From the newest back to the first one ever made, a month at most. A site that is new begins with the newest. */
  #periodsOf(site: string, period: ReportPeriod, newest: string): ReportName[] {
    const oldest = this.#ports.shelf.oldest(site, period) ?? newest;
    const names: ReportName[] = [];
    const far = addDays(newest, -catchUpDays);
    for (let first = newest; first >= oldest && first >= far; first = addDays(first, -stepOf[period])) {
      names.push({ site, period, first });
    }
    return names;
  }

  #isDue(name: ReportName, { now, roundMs, today }: { now: number; roundMs: number; today: string }): boolean {
    const last = this.#ports.shelf.lastReading(name);
    // A clock that was ahead must not put a report off until it is reached.
    if (last === undefined || last.readMs > now) return true;
    if (!last.complete && now - last.readMs >= hourMs) return true;
    const over = addDays(name.first, stepOf[name.period]);
    return addDays(over, this.#settings.settleDays) >= today && last.readMs < roundMs;
  }
}
