import type { Alert } from "../alerts/alert.ts";
import type { AlertStore } from "../alerts/alert-store.ts";
import type { CareStore, NewTelling } from "./care-store.ts";
import type { QuietHours } from "./quiet-hours.ts";
import type { Roster } from "./roster.ts";

/** What the teller works with. */
export interface TellerOptions {
  readonly store: CareStore;
  readonly alerts: AlertStore;
  readonly roster: Roster;
  /** Whether there is any channel to people. */
  readonly reachesPeople: boolean;
}

/** What somebody is to hear, and by which rules. */
export interface ToTell extends Pick<NewTelling, "officer" | "tier" | "event" | "groupKey" | "nowMs"> {
  readonly delivery: "at-once" | "digest";
  /** How long it waits for others of its group. */
  readonly waitMs: number;
  readonly quiet: QuietHours;
}

const urgency = { notice: 0, attention: 1, alarm: 2 } as const;

/** What messages about an alert are gathered by. */
export const groupOf = ({ rule, severity, gw: gateway, site, labels }: Alert, by: readonly string[]): string => {
  const where = site === "" ? gateway : site;
  const known: Readonly<Record<string, string>> = { ...labels, rule, severity, gateway, site: where };
  return by.map((name) => known[name] ?? "").join("|");
};

/** Queues what people are to hear; of whom nothing reaches, the alert's history says so, and the next one is asked. */
export class Teller {
  readonly #options: TellerOptions;

  constructor(options: TellerOptions) {
    this.#options = options;
  }

  /** In the transaction of what is told. */
  tell(alert: Alert, { delivery, waitMs, quiet, ...told }: ToTell): void {
    const { store, roster, reachesPeople } = this.#options;
    const { nowMs, officer } = told;
    const common = { ...told, alert: alert.id, urgent: urgency[alert.severity] };
    const phone = roster.officer(officer, nowMs)?.phone ?? "";
    if (!reachesPeople || phone === "") {
      const reason = reachesPeople ? "no-phone" : "no-channel";
      store.tell({ ...common, dueMs: nowMs, state: "unreachable", reason });
      if (reason === "no-channel" || told.event === "resolved") return;
      this.#options.alerts.change(alert.id, { reason: "unreachable", atMs: nowMs, detail: { officer, why: reason } });
      store.unreached(alert.id, officer, nowMs);
      return;
    }
    if (delivery === "digest") {
      store.tell({ ...common, dueMs: nowMs, state: "digest", reason: null });
      return;
    }
    const isAlarm = alert.severity === "alarm";
    const quietMs = isAlarm ? null : quiet.endOf(nowMs);
    const dueMs = quietMs ?? nowMs + (isAlarm ? 0 : waitMs);
    store.tell({ ...common, dueMs, state: "waiting", reason: quietMs === null ? null : "quiet" });
  }
}
