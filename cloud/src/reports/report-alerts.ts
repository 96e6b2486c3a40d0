import type { Report } from "@mingcheng/protocols";
import type { SqliteDatabase } from "../store/database.ts";
import type { Span } from "./site-spans.ts";

interface AlertRow {
  readonly rule: string;
  readonly title: string;
  readonly severity: string;
  readonly firedMs: number;
  readonly acknowledgedMs: number | null;
  readonly handledMs: number | null;
  readonly endedMs: number | null;
}

const minutesOf = (lengthsMs: readonly number[]): Report["alerts"]["handled"] => {
  const sorted = [...lengthsMs].sort((a, b) => a - b);
  const at = (share: number): number | null => {
    const ms = sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
    return ms === undefined ? null : Math.round(ms / 6_000) / 10;
  };
  return { of: sorted.length, median: at(0.5), p90: at(0.9) };
};

const lengths = (alerts: readonly AlertRow[], end: (alert: AlertRow) => number | null): number[] =>
  alerts.flatMap((alert) => {
    const endMs = end(alert);
    return endMs === null ? [] : [Math.max(0, endMs - alert.firedMs)];
  });

/** What a rule is called: its alerts' title as far as it is the same for all of them, before what it says of one. */
const ruleTitle = ({ zh, en }: { readonly zh: string; readonly en: string }) => ({
  zh: zh.split(/[：:]/u)[0] ?? zh,
  en: en.split(/[:：]/u)[0] ?? en,
});

/** Alerts of a site that fired within a period, and how soon people answered. Alerts of rules that are tried out are none. */
export const reportAlerts = (
  alerts: SqliteDatabase,
  { site, fromMs, toMs }: Span & { readonly site: string },
): Report["alerts"] => {
  const rows = alerts
    .prepare(
      `SELECT rule, title, severity, fired_ms AS firedMs, acknowledged_ms AS acknowledgedMs, handled_ms AS handledMs,
         ended_ms AS endedMs FROM alert
       WHERE site = ? AND dry = 0 AND fired_ms >= ? AND fired_ms < ? ORDER BY fired_ms, id`,
    )
    .all(site, fromMs, toMs) as AlertRow[];
  const bySeverity: Record<string, number> = {};
  const rules = new Map<string, Report["alerts"]["rules"][number]>();
  for (const { rule, title, severity } of rows) {
    bySeverity[severity] = (bySeverity[severity] ?? 0) + 1;
    const fired = (rules.get(rule)?.fired ?? 0) + 1;
    rules.set(rule, { rule, title: ruleTitle(JSON.parse(title) as { zh: string; en: string }), fired });
  }
  return {
    fired: rows.length,
    stillOpen: rows.filter(({ endedMs }) => endedMs === null).length,
    bySeverity,
    rules: [...rules.values()].sort((a, b) => b.fired - a.fired || (a.rule < b.rule ? -1 : 1)),
    acknowledged: minutesOf(lengths(rows, ({ acknowledgedMs }) => acknowledgedMs)),
    handled: minutesOf(lengths(rows, ({ handledMs }) => handledMs)),
    ended: minutesOf(lengths(rows, ({ endedMs }) => endedMs)),
  };
};
