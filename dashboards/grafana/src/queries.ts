import type { DashboardFile, PanelFile } from "./proof/dashboard-file.ts";

/** A query of a panel, or the one that fills a variable, as it stands in the dashboard's file. */
export interface FoundQuery {
  readonly dashboard: string;
  /** Title of the panel, or `$name` of the variable. */
  readonly panel: string;
  readonly refId: string;
  /** InfluxQL with Grafana's macros and variables in it. */
  readonly query: string;
  /** Panels have a width in pixels, which sets how many points Grafana asks for. */
  readonly columns: number;
  /** Range of its own, e.g. `7d`, in place of the dashboard's. */
  readonly over?: string;
  /** Shortest interval, e.g. `1h`. */
  readonly step?: string;
}

const ofPanel = (dashboard: string, { title, targets = [], gridPos, timeFrom, interval }: PanelFile): FoundQuery[] =>
  targets.map(({ refId, query }) => ({
    ...{ dashboard, panel: title, refId, query, columns: gridPos.w },
    ...(timeFrom === undefined ? {} : { over: timeFrom }),
    ...(interval === undefined ? {} : { step: interval }),
  }));

/** Every query of every panel of a dashboard, then every query that fills one of its variables. */
export const queriesOf = ({ uid, panels, templating }: DashboardFile): FoundQuery[] => [
  ...panels.flatMap((panel) => ofPanel(uid, panel)),
  ...templating.list.flatMap(({ name, type, query }) =>
    type === "query" && query !== undefined
      ? [{ dashboard: uid, panel: `$${name}`, refId: "variable", query, columns: 24 }]
      : [],
  ),
];

/** What Grafana fills in: a time range and the values chosen for the variables (empty: all). */
export interface Filling {
  /** The chosen range, e.g. `now-7d` or `now/d`. */
  readonly range: string;
  readonly nowMs: number;
  readonly variables: Readonly<Record<string, readonly string[]>>;
  /** Pixels of the whole dashboard; 1920 on a wall. */
  readonly pixels?: number;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** Steps that Grafana rounds an interval to, from a minute on (`rangeutil.roundInterval`); below a minute it is a minute. */
const steps: readonly (readonly [belowMs: number, ms: number, text: string])[] = [
  [1.5 * minuteMs, minuteMs, "1m"],
  [3.5 * minuteMs, 2 * minuteMs, "2m"],
  [7.5 * minuteMs, 5 * minuteMs, "5m"],
  [12.5 * minuteMs, 10 * minuteMs, "10m"],
  [17.5 * minuteMs, 15 * minuteMs, "15m"],
  [25 * minuteMs, 20 * minuteMs, "20m"],
  [45 * minuteMs, 30 * minuteMs, "30m"],
  [1.5 * hourMs, hourMs, "1h"],
  [2.5 * hourMs, 2 * hourMs, "2h"],
  [4.5 * hourMs, 3 * hourMs, "3h"],
  [9 * hourMs, 6 * hourMs, "6h"],
  [dayMs, 12 * hourMs, "12h"],
  [7 * dayMs, dayMs, "1d"],
  [Number.POSITIVE_INFINITY, 7 * dayMs, "7d"],
];

const stepMs: Readonly<Record<string, number>> = {
  ...{ "1m": minuteMs, "10m": 10 * minuteMs, "1h": hourMs, "1d": dayMs },
};

const intervalOf = (spanMs: number, points: number, step = "1m") => {
  const exact = Math.max(spanMs / points, stepMs[step] ?? minuteMs);
  const [, ms, text] = steps.find(([below]) => exact < below) ?? [0, minuteMs, "1m"];
  return { ms, text };
};

/** Days begin at midnight in China, as the dashboards' time zone says. */
const chinaMs = 8 * hourMs;

/** First instant of a range as Grafana writes it: `now/d`, `now-7d`, or `7d` for a panel of its own. */
const beginOf = (range: string, toMs: number): number => {
  if (range === "now/d") return Math.floor((toMs + chinaMs) / dayMs) * dayMs - chinaMs;
  const [, count, unit] = /^(?:now-)?(\d+)([mhd])$/.exec(range) ?? [];
  if (count === undefined) throw new RangeError(`not a range: ${range}`);
  const unitMs = unit === "m" ? minuteMs : unit === "h" ? hourMs : dayMs;
  return toMs - Number(count) * unitMs;
};

const escaped = (value: string): string => value.replaceAll(/[\\^$*+?.()|[\]{}/]/g, "\\$&");

/** How Grafana writes the values of a variable into a regular expression. */
const chosen = (values: readonly string[]): string => {
  if (values.length === 0) return ".*";
  const written = values.map(escaped);
  return written.length === 1 ? (written[0] ?? "") : `(${written.join("|")})`;
};

/**
 * Fills time range, interval and variables in, as Grafana's data source does.
 *
 * @throws RangeError when a macro or variable is left over: Grafana would send it as it is.
 */
export const filled = (found: FoundQuery, { range, nowMs, variables, pixels = 1920 }: Filling): string => {
  const fromMs = beginOf(found.over ?? range, nowMs);
  const interval = intervalOf(nowMs - fromMs, (pixels * found.columns) / 24, found.step);
  const query = found.query
    .replaceAll("$timeFilter", `time >= ${fromMs}ms and time <= ${nowMs}ms`)
    .replaceAll("$__interval_ms", String(interval.ms))
    .replaceAll("$__interval", interval.text)
    .replaceAll(/\$(\w+)(?=\$\/)/g, (whole, name: string) => {
      const values = variables[name];
      return values === undefined ? whole : chosen(values);
    });
  const left = /\$[_a-z]\w*/i.exec(query);
  if (left !== null)
    throw new RangeError(`${found.dashboard} “${found.panel}” ${found.refId}: nothing fills ${left[0]}`);
  return query;
};
