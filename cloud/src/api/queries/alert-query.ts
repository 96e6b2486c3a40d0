import type { AlertDetail, AlertList, AlertView } from "@mingcheng/protocols";
import type { Alert } from "../../alerts/alert.ts";
import { AlertReader } from "../../alerts/alert-reader.ts";
import type { SqliteDatabase } from "../../store/database.ts";
import { isoTime, isoTimeOrNull } from "./read-stores.ts";

/** Names of sites by gateway. */
export type Sites = ReadonlyMap<string, string>;

const viewOf = (alert: Alert, sites: Sites): AlertView => {
  const { id, rule, severity, owner, gw, dev, title, next, runbook, lsn, matches, late } = alert;
  const { acknowledgedBy: by, acknowledgedMs } = alert;
  return {
    ...{ id, rule, severity, state: alert.state === "pending" ? "firing" : alert.state, owner },
    ...{ gw, site: sites.get(gw) ?? gw, dev, title, next, runbook, lsn, matches, late },
    startedAt: isoTime(alert.startedMs),
    firedAt: isoTime(alert.firedMs ?? alert.openedMs),
    endedAt: isoTimeOrNull(alert.endedMs),
    acknowledged: by === null || acknowledgedMs === null ? null : { by, at: isoTime(acknowledgedMs) },
  };
};

/** What alerts are asked for. `gw` null = of every gateway. */
export interface AlertsAsked {
  readonly which: "open" | "all";
  readonly gw: string | null;
  readonly limit: number;
  readonly nowMs: number;
}

/** Alerts of one gateway are picked out of so many. */
const looked = 1_000;

/** Alerts that fired. `alerts` is a reading connection. */
export const alertList = (alerts: SqliteDatabase, sites: Sites, asked: AlertsAsked): AlertList => {
  const { which, gw, limit, nowMs } = asked;
  const reader = new AlertReader(alerts);
  const { firing, acknowledged } = reader.counts();
  const listed = reader
    .list({ which, limit: gw === null ? limit : looked })
    .filter((alert) => gw === null || alert.gw === gw)
    .slice(0, limit);
  return { asOf: isoTime(nowMs), firing, acknowledged, alerts: listed.map((alert) => viewOf(alert, sites)) };
};

/** One alert with its history; undefined when there is none, or it never fired. */
export const alertDetail = (alerts: SqliteDatabase, sites: Sites, id: string): AlertDetail | undefined => {
  const alert = new AlertReader(alerts).get(id);
  if (alert === undefined || alert.firedMs === null) return undefined;
  return {
    alert: viewOf(alert, sites),
    history: alert.history.map(({ atMs, from, to, reason, actor, lsn, detail }) => ({
      ...{ at: isoTime(atMs), from, to, reason, actor, lsn, detail },
    })),
    notifications: alert.notifications.map(({ channel, event, state, attempts, outcome, createdMs, doneMs }) => ({
      ...{ channel, event, state, attempts, outcome, createdAt: isoTime(createdMs), doneAt: isoTimeOrNull(doneMs) },
    })),
  };
};
