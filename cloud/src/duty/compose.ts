import type { Alert } from "../alerts/alert.ts";
import { type ShortMessage, shortMessage } from "../channels/message.ts";
import type { NotificationBody } from "../channels/notification.ts";
import type { ZoneClock } from "../register/model/validity.ts";
import { timeOfDay } from "./quiet-hours.ts";
import type { Roster } from "./roster.ts";

const levels = { notice: "提示", attention: "关注", alarm: "紧急" } as const;
const tierNames: Readonly<Record<string, string>> = {
  ...{ operator: "经营者", station: "所站", district: "区县", city: "市级", "last-resort": "值班" },
};

/** What texts are made with. */
export interface Speaker {
  readonly clock: ZoneClock;
  readonly roster: Roster;
}

const siteOf = ({ roster }: Speaker, { site, gw, labels }: Alert, nowMs: number): string =>
  site === "" ? (labels["siteName"] ?? gw) : roster.siteName(site, nowMs);

/** What a message about one alert says. `tier`: which one did not act in time. */
export const sayAlert = (
  speaker: Speaker,
  alert: Alert,
  {
    event,
    tier,
    code,
    nowMs,
  }: { readonly event: string; readonly tier: string; readonly code: string; readonly nowMs: number },
): ShortMessage => {
  const said = { site: siteOf(speaker, alert, nowMs), subject: alert.title.zh };
  if (event === "resolved") {
    return shortMessage("resolved", { ...said, time: timeOfDay(speaker.clock, alert.endedMs ?? nowMs) });
  }
  const level = levels[alert.severity];
  if (event === "escalated") return shortMessage("escalated", { ...said, level, tier: tierNames[tier] ?? "", code });
  const time = timeOfDay(speaker.clock, alert.firedMs ?? alert.openedMs);
  return shortMessage("alert", { ...said, level, time, code });
};

/** The same message with the code that it carries. */
export const sayCode = (said: ShortMessage, code: string): ShortMessage =>
  shortMessage(said.template, { ...said.variables, code } as Parameters<typeof shortMessage>[1]);

/** What a message about several alerts says: the most urgent level, where the first one is, how many, since when. */
export const sayGroup = (
  speaker: Speaker,
  {
    first,
    urgent,
    count,
    sinceMs,
    nowMs,
  }: {
    readonly first: Alert;
    readonly urgent: number;
    readonly count: number;
    readonly sinceMs: number;
    readonly nowMs: number;
  },
): ShortMessage =>
  shortMessage("group", {
    ...{ level: Object.values(levels)[urgent] ?? levels.notice, site: siteOf(speaker, first, nowMs) },
    ...{ count: String(count), time: timeOfDay(speaker.clock, sinceMs) },
  });

/** What channels get beside the text. A digest and an answer are about no alert of their own. */
export const personBody = (
  message: { readonly id: string; readonly said: ShortMessage; readonly event: string; readonly nowMs: number },
  alert: Alert | undefined,
): NotificationBody => {
  const { id, said, event, nowMs } = message;
  const at = new Date(nowMs).toISOString();
  const text = { zh: said.text, en: said.text };
  const about =
    alert ??
    ({
      ...{ id: "", rule: said.template, severity: "notice", state: "firing", title: text, next: text, labels: {} },
      ...{ gw: "", dev: "", lsn: 0, owner: "role:centre", runbook: "", late: false, startedMs: nowMs },
      ...{ firedMs: null, endedMs: null },
    } as const);
  const { rule, severity, state, title, next, labels, gw, dev, lsn, owner, runbook, late } = about;
  const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
  return {
    ...{ v: 1, id, status: event === "resolved" ? "resolved" : "firing" },
    ...{ reason: event === "resolved" ? "condition-ended" : "condition-met", at },
    alert: {
      ...{ id: about.id, rule, severity, state, title, next, labels, gw, dev, lsn, owner, runbook, late },
      ...{ startedAt: iso(about.startedMs) ?? at, firedAt: iso(about.firedMs), endedAt: iso(about.endedMs) },
    },
  };
};
