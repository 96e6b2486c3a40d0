import type { SqliteDatabase } from "../../store/database.ts";
import type { DayWindow } from "../queries/day-window.ts";
import type { Seen } from "../queries/seen.ts";
import type { OpenAlerts } from "./wall-alerts.ts";

/** What the wall is asked for. Connections that read; call it on one snapshot of the projections. */
export interface WallAsked extends Seen {
  readonly register: SqliteDatabase;
  readonly projections: SqliteDatabase;
  readonly window: DayWindow;
  readonly timezone: string;
  readonly nowMs: number;
  readonly head: number;
  readonly alerts: OpenAlerts | null;
}
