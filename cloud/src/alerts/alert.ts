import type { AlertSeverity } from "@mingcheng/protocols";

/**
 * Life of an alert, in Alertmanager's words. `pending`: the condition holds, not yet for long enough. `firing`: somebody
 * must act. `acknowledged`: somebody does. `handled`: somebody did, and it is to be looked at. `resolved`: it ended by
 * itself, or stands on nothing any more. `closed`: a person ended it and said how.
 */
export const alertStates = ["pending", "firing", "acknowledged", "handled", "resolved", "closed"] as const;

export type AlertState = (typeof alertStates)[number];

/** Why an entry of an alert's history was made: stable words, explained in docs/alerts.md. */
export const alertReasons = [
  "condition-met",
  "condition-met-late",
  "for-elapsed",
  "matched-again",
  "condition-ended",
  "ended-while-pending",
  "line-disputed",
  "line-kept",
  "rule-removed",
  "rule-changed",
  "rule-failed",
  "rule-mended",
  "time-corrected",
  "inhibited",
  "silenced",
  "released",
  "repeated",
  "acknowledged",
  "handled",
  "closed",
  "reopened",
  "picture-added",
  "notified",
  "notify-retrying",
  "notify-refused",
  "notify-expired",
  "notify-dropped",
  "assigned",
  "informed",
  "escalated",
  "last-resort",
  "arrived",
  "notify-failed-over",
  "notify-unconfirmed",
  "delivered",
  "undelivered",
  "no-receipt",
  "withdrawn",
  "unreachable",
] as const;

export type AlertReason = (typeof alertReasons)[number];

/** The same sentence in both languages. */
export interface Bilingual {
  readonly zh: string;
  readonly en: string;
}

/** An alert. Times in milliseconds since 1970 by the centre's clock, `startedMs` by effective time. */
export interface Alert {
  /** Opaque and stable: the same records give the same id again. */
  readonly id: string;
  readonly rule: string;
  /** Labels of the group; one alert is open per rule and group. */
  readonly group: Readonly<Record<string, string>>;
  /** The group's labels and what else the rule wants to be said. */
  readonly labels: Readonly<Record<string, string>>;
  readonly state: AlertState;
  readonly severity: AlertSeverity;
  readonly title: Bilingual;
  readonly next: Bilingual;
  /** Name of the page in docs/runbooks. */
  readonly runbook: string;
  /** Who must act: `role:<role>` or `user:<name>`. Never empty. */
  readonly owner: string;
  readonly ownerReason: "rule" | "last-resort";
  readonly gw: string;
  readonly dev: string;
  /** The record that opened it. */
  readonly lsn: number;
  /** Records that matched. */
  readonly matches: number;
  /** True when its record arrived later than the rule takes for fresh. */
  readonly late: boolean;
  readonly startedMs: number;
  readonly openedMs: number;
  readonly firedMs: number | null;
  readonly endedMs: number | null;
  readonly acknowledgedBy: string | null;
  readonly acknowledgedMs: number | null;
  /** Code of the site; empty where the register does not say. */
  readonly site: string;
  /** Tier of duty that hears of it first; null: the owner only. */
  readonly tier: string | null;
  /** True for alerts of rules that are tried out: shown to nobody, told to nobody. */
  readonly dry: boolean;
  /** Why it is not told while it fires; null when it is. */
  readonly untold: "inhibited" | "silenced" | null;
  readonly inhibitedBy: readonly AlertInhibition[];
  /** Told again after so long while nobody has taken it over; null: once. */
  readonly repeatMs: number | null;
  readonly handledBy: string | null;
  readonly handledMs: number | null;
}

/** While an alert of `rule` is open with these labels equal, this one is not told. */
export interface AlertInhibition {
  readonly rule: string;
  readonly equal: readonly string[];
}

/** One entry of an alert's history. Entries are added, never changed. */
export interface AlertEntry {
  /** Grows over all alerts. */
  readonly id: number;
  readonly atMs: number;
  /** State before; null for the first entry. Equal to `to` where nothing changed state. */
  readonly from: AlertState | null;
  readonly to: AlertState;
  readonly reason: AlertReason;
  /** Who did it: `system`, or a user's name. */
  readonly actor: string;
  /** The record that brought it about, where there is one. */
  readonly lsn: number | null;
  /** Figures and names behind it, by reason. */
  readonly detail: Readonly<Record<string, unknown>>;
}

/** A notification and what became of it. */
export interface NotificationView {
  /** Stable over all attempts: what the receiver folds repetitions by. */
  readonly id: string;
  readonly channel: string;
  readonly event: "firing" | "resolved";
  readonly state: NotificationState;
  readonly attempts: number;
  /** What the last attempt met, in a few words. */
  readonly outcome: string;
  readonly createdMs: number;
  readonly doneMs: number | null;
}

/** `queued`: to be sent, or tried again. `refused`: the receiver does not want it. `expired`: tried until the deadline. */
export type NotificationState = "queued" | "sent" | "refused" | "expired" | "dropped";

/** An alert with everything that is known about it. */
export interface AlertWithHistory extends Alert {
  readonly history: readonly AlertEntry[];
  readonly notifications: readonly NotificationView[];
}
