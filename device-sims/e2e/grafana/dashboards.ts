import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type FoundQuery, filled, queriesOf } from "@mingcheng/grafana/queries";
import type { InfluxAnswer } from "../../src/harness/influx-process.ts";
import { repositoryRoot } from "../../src/harness/repository.ts";

/** A dashboard as it is committed; the range is what it opens with. */
export interface CommittedDashboard {
  readonly uid: string;
  readonly range: string;
  readonly queries: readonly FoundQuery[];
}

/** Every committed dashboard of a language. */
export const committedDashboards = (language: "zh" | "en"): readonly CommittedDashboard[] => {
  const folder = join(repositoryRoot, "dashboards", "grafana", "dashboards", language);
  return readdirSync(folder).map((file) => {
    const dashboard = JSON.parse(readFileSync(join(folder, file), "utf8"));
    return { uid: dashboard.uid, range: dashboard.time.from, queries: queriesOf(dashboard) };
  });
};

/** All places, all items, all devices: what a dashboard shows when it is opened. */
export const everything = { city: [], district: [], site: [], item: [], scale: [], gateway: [] } as const;

/** A query as Grafana sends it now. */
export const asked = (
  query: FoundQuery,
  range: string,
  variables: Readonly<Record<string, readonly string[]>> = everything,
): string => filled(query, { range, nowMs: Date.now(), variables });

/** Why a panel would show nothing or an error: the server's words, no rows, or a column without a single value. */
export const fault = ({ error, series }: InfluxAnswer): string | undefined => {
  if (error !== undefined) return error;
  const rows = series.flatMap(({ values }) => values);
  if (rows.length === 0) return "nothing";
  const columns = series[0]?.columns ?? [];
  const empty = columns.filter((_, index) => rows.every((row) => row[index] === null));
  return empty.length === 0 ? undefined : `nothing in ${empty.join(", ")}`;
};
