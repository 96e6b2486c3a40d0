import type { AlertView } from "@mingcheng/protocols";
import { ownerKeyOf, personText } from "./alert-words.ts";
import { dueOf } from "./deadlines.ts";

/** What a list of alerts is narrowed to; an empty text narrows nothing. */
export interface AlertFilter {
  /** `open`, `ended`, `all`, `dry-run`, or a state. */
  readonly state: string;
  readonly severity: string;
  readonly site: string;
  readonly owner: string;
  readonly text: string;
}

/** What people choose an order by. `need`: what waits for a person, the longest waiting first. */
export type AlertOrder = "need" | "alert" | "site" | "state" | "owner" | "at" | "due";

/** Who has to answer: the one who took it over, else whose it is. */
export const answererOf = (alert: AlertView): string =>
  alert.acknowledged === null ? ownerKeyOf(alert) : personText(alert.acknowledged);

const isOpen = ({ state }: AlertView): boolean => state !== "resolved" && state !== "closed";

const fitsState = (alert: AlertView, state: string): boolean => {
  if (state === "all" || state === "dry-run") return true;
  if (state === "" || state === "open") return isOpen(alert);
  return state === "ended" ? !isOpen(alert) : alert.state === state;
};

const textOf = ({ title, site, dev, rule, place, owner, acknowledged }: AlertView): string =>
  [
    title.zh,
    title.en,
    site,
    dev,
    rule,
    place?.stall?.label,
    place?.vendor?.name,
    owner,
    acknowledged?.by,
    acknowledged?.name,
  ]
    .join("\n")
    .toLowerCase();

/** Alerts that fit, in the order in which they came. */
export const fittingAlerts = (alerts: readonly AlertView[], filter: AlertFilter): readonly AlertView[] => {
  const text = filter.text.trim().toLowerCase();
  return alerts.filter(
    (alert) =>
      fitsState(alert, filter.state) &&
      (filter.severity === "" || alert.severity === filter.severity) &&
      (filter.site === "" || alert.site === filter.site) &&
      (filter.owner === "" || answererOf(alert) === filter.owner) &&
      (text === "" || textOf(alert).includes(text)),
  );
};

const needs: Readonly<Record<AlertView["state"], number>> = {
  ...{ firing: 0, acknowledged: 1, handled: 2, resolved: 3, closed: 3 },
};
const severities: Readonly<Record<AlertView["severity"], number>> = { alarm: 0, attention: 1, notice: 2 };
const lastOf = "9999";

const compare: Readonly<Record<AlertOrder, (one: AlertView, other: AlertView) => number>> = {
  // What ended is read from its end: the latest first.
  need: (one, other) =>
    needs[one.state] - needs[other.state] ||
    (isOpen(one) ? one.firedAt.localeCompare(other.firedAt) : (other.endedAt ?? "").localeCompare(one.endedAt ?? "")),
  alert: (one, other) => severities[one.severity] - severities[other.severity] || one.rule.localeCompare(other.rule),
  site: (one, other) => one.site.localeCompare(other.site) || one.dev.localeCompare(other.dev),
  state: (one, other) => needs[one.state] - needs[other.state] || one.state.localeCompare(other.state),
  owner: (one, other) => answererOf(one).localeCompare(answererOf(other)),
  at: (one, other) => one.startedAt.localeCompare(other.startedAt),
  due: (one, other) => (dueOf(one)?.at ?? lastOf).localeCompare(dueOf(other)?.at ?? lastOf),
};

/** Alerts in an order of the address bar: `due`, or `-due` the other way round; equal ones by need. */
export const inAlertOrder = (alerts: readonly AlertView[], order: string): AlertView[] => {
  const name = order.replace(/^-/, "");
  const by = compare[(name in compare ? name : "need") as AlertOrder];
  const sign = order.startsWith("-") ? -1 : 1;
  return [...alerts].sort(
    (one, other) => sign * by(one, other) || compare.need(one, other) || one.id.localeCompare(other.id),
  );
};

/** Open alerts that somebody has to do something about, the next deadline first, then the oldest. */
export const inNeedOf = (alerts: readonly AlertView[]): AlertView[] => inAlertOrder(alerts.filter(isOpen), "due");
