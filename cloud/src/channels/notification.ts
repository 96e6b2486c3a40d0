import { createHash } from "node:crypto";
import type { Alert, AlertReason, Bilingual } from "../alerts/alert.ts";

/** What a notification tells: that somebody must act, or that it is over. */
export type NotificationEvent = "firing" | "resolved";

/** Version 1 of what a channel sends; JSON in the words of Alertmanager's webhook where it has them. docs/alerts.md */
export interface NotificationBody {
  readonly v: 1;
  /** Stable over all attempts: receivers fold repetitions by it. */
  readonly id: string;
  readonly status: NotificationEvent;
  /** Why, as in the alert's history. */
  readonly reason: AlertReason;
  /** When the alert came into this state, ISO 8601 UTC. */
  readonly at: string;
  readonly alert: {
    readonly id: string;
    readonly rule: string;
    readonly severity: Alert["severity"];
    readonly state: Alert["state"];
    readonly title: Bilingual;
    readonly next: Bilingual;
    readonly labels: Readonly<Record<string, string>>;
    readonly gw: string;
    readonly dev: string;
    readonly lsn: number;
    readonly owner: string;
    readonly runbook: string;
    /** True when the record behind it came late, so that nobody takes yesterday's for today's. */
    readonly late: boolean;
    readonly startedAt: string;
    readonly firedAt: string | null;
    readonly endedAt: string | null;
  };
}

const iso = (ms: number): string => new Date(ms).toISOString();

/**
 * Id of the notification of an alert's event on a channel. `turn` grows when the same is told again: reopened, repeated,
 * released.
 */
export const notificationId = (alert: string, event: NotificationEvent, channel: string, turn = 0): string =>
  createHash("sha256")
    .update(`mc-notification-v1\0${alert}\0${event}\0${channel}${turn === 0 ? "" : `\0${turn}`}`)
    .digest("hex")
    .slice(0, 32);

/** The body, fixed when the alert changes: what is sent hours later tells the state as it was. */
export const notificationBody = (
  id: string,
  status: NotificationEvent,
  alert: Alert,
  { reason, atMs }: { readonly reason: AlertReason; readonly atMs: number },
): NotificationBody => ({
  v: 1,
  id,
  status,
  reason,
  at: iso(atMs),
  alert: {
    id: alert.id,
    rule: alert.rule,
    severity: alert.severity,
    state: alert.state,
    title: alert.title,
    next: alert.next,
    labels: alert.labels,
    gw: alert.gw,
    dev: alert.dev,
    lsn: alert.lsn,
    owner: alert.owner,
    runbook: alert.runbook,
    late: alert.late,
    startedAt: iso(alert.startedMs),
    firedAt: alert.firedMs === null ? null : iso(alert.firedMs),
    endedAt: alert.endedMs === null ? null : iso(alert.endedMs),
  },
});
