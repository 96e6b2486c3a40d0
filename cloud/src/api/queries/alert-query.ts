import type { AlertDetail, AlertList, AlertView } from "@mingcheng/protocols";
import type { Alert, AlertEntry } from "../../alerts/alert.ts";
import { type AlertListQuery, type AlertPlace, AlertReader, placeOf } from "../../alerts/alert-reader.ts";
import type { People } from "../../duty/people.ts";
import type { Roster } from "../../duty/roster.ts";
import type { SqliteDatabase } from "../../store/database.ts";
import { chooseAlerts } from "./alert-choice.ts";
import { DutyQuery } from "./duty-query.ts";
import { type Mine, mineIds } from "./mine-query.ts";
import { isoTime, isoTimeOrNull } from "./read-stores.ts";
import type { Seen } from "./seen.ts";

/** Names of sites by gateway. */
export type Sites = ReadonlyMap<string, string>;

/** Who asks, and what names places. */
export interface AlertsSeen extends Seen {
  /** Names that gateways were registered with, for what the register does not place. */
  readonly sites: Sites;
  /** Names officers. */
  readonly roster: Roster;
  /** Names whoever acted. */
  readonly people: People;
  readonly nowMs: number;
}

/** A person's name as one more field; none where the register never knew one. */
export const namedBy = (people: People, by: string, atMs: number): { readonly name?: string } => {
  const name = people.nameOf(by, atMs);
  return name === undefined ? {} : { name };
};

const viewOf = (alert: Alert, { sites, places, people }: AlertsSeen, duty: DutyQuery): AlertView => {
  const { id, rule, severity, owner, gw, dev, title, next, runbook, lsn, matches, late } = alert;
  const { acknowledgedBy: by, acknowledgedMs } = alert;
  const state = alert.state === "pending" ? "firing" : alert.state;
  const place = places.view(gw, dev, alert.startedMs);
  return {
    ...{ id, rule, severity, state, owner },
    ...(alert.dry ? { dryRun: true } : {}),
    ...{ gw, site: place?.site?.name ?? sites.get(gw) ?? gw, place, dev, title, next, runbook, lsn, matches, late },
    labels: alert.labels,
    startedAt: isoTime(alert.startedMs),
    firedAt: isoTime(alert.firedMs ?? alert.openedMs),
    endedAt: isoTimeOrNull(alert.endedMs),
    acknowledged:
      by === null || acknowledgedMs === null
        ? null
        : { by, ...namedBy(people, by, acknowledgedMs), at: isoTime(acknowledgedMs) },
    ...duty.view(id, state),
  };
};

/** What alerts are asked for. `gw` null = of every gateway. */
export interface AlertsAsked {
  readonly which: AlertListQuery["which"];
  readonly gw: string | null;
  /** Only what this person has to do something about; null: whoever has to. */
  readonly mine?: Mine | null;
  readonly limit: number;
  /** `next` of the page before; undefined: from the beginning. */
  readonly cursor?: string | undefined;
  readonly nowMs: number;
}

/** Where the detail of an entry names an officer or user. */
const personDetails = ["officer", "fromOfficer", "insteadOf", "by"] as const;

const cursorOf = ({ ended, ms, id }: AlertPlace): string => `${ended ? "e" : "o"}${ms}.${id}`;

/** A text that is none of ours is the beginning: the schema has refused what cannot be one. */
const placeAt = (cursor: string): AlertPlace | null => {
  const [, sort, ms, id] = /^([eo])(\d{1,15})\.(.+)$/.exec(cursor) ?? [];
  return ms === undefined || id === undefined ? null : { ended: sort === "e", ms: Number(ms), id };
};

/** A page of alerts that fired. `alerts` is a reading connection. */
export const alertList = (alerts: SqliteDatabase, seen: AlertsSeen, asked: AlertsAsked): AlertList => {
  const { which, gw, mine = null, limit, cursor, nowMs } = asked;
  const ids = mine === null ? null : mineIds(alerts, mine);
  const { counts, alerts: listed } = chooseAlerts(alerts, seen, {
    ...{ which, gw, ids, limit, after: cursor === undefined ? null : placeAt(cursor) },
  });
  const { firing, acknowledged, handled } = counts;
  const duty = new DutyQuery(alerts, seen, nowMs);
  const views = listed.map((alert) => viewOf(alert, seen, duty));
  const last = listed.length < limit ? undefined : listed.at(-1);
  const next = last === undefined ? null : cursorOf(placeOf(last));
  return { asOf: isoTime(nowMs), firing, acknowledged, handled, alerts: views, next };
};

/** Costs the same for an alert of another area and for none at all. */
const isSeenId = (alerts: SqliteDatabase, { cover, places }: AlertsSeen, id: string): boolean => {
  const row = alerts
    .prepare("SELECT gw, dev, started_ms AS startedMs FROM alert WHERE id = ? AND fired_ms IS NOT NULL")
    .get(id) as Pick<Alert, "gw" | "dev" | "startedMs"> | undefined;
  const { gw, dev, startedMs } = row ?? { gw: "nobody", dev: "nothing", startedMs: 0 };
  return places.sees(cover, gw, dev, startedMs) && row !== undefined;
};

/** Names of everybody whom a history names: who acted, and officers in what is said of an entry. */
const peopleIn = (history: readonly AlertEntry[], people: People): Record<string, string> => {
  const named: Record<string, string> = {};
  for (const { actor, detail, atMs } of history) {
    for (const word of [actor, ...personDetails.map((name) => detail[name])]) {
      if (typeof word !== "string" || word === "system") continue;
      const name = people.nameOf(word, atMs);
      if (name !== undefined) named[word] = name;
    }
  }
  return named;
};

/** One alert with its history; undefined when there is none that the asking person sees, or it never fired. */
export const alertDetail = (alerts: SqliteDatabase, seen: AlertsSeen, id: string): AlertDetail | undefined => {
  if (!isSeenId(alerts, seen, id)) return undefined;
  const alert = new AlertReader(alerts).get(id);
  if (alert === undefined) return undefined;
  const duty = new DutyQuery(alerts, seen, seen.nowMs);
  return {
    ...{ alert: viewOf(alert, seen, duty), steps: duty.steps(id), messages: duty.messages(id) },
    people: peopleIn(alert.history, seen.people),
    history: alert.history.map(({ atMs, from, to, reason, actor, lsn, detail }) => ({
      ...{ at: isoTime(atMs), from, to, reason, actor, lsn, detail },
    })),
    notifications: alert.notifications.map(({ channel, event, state, attempts, outcome, createdMs, doneMs }) => ({
      ...{ channel, event, state, attempts, outcome, createdAt: isoTime(createdMs), doneAt: isoTimeOrNull(doneMs) },
    })),
  };
};
