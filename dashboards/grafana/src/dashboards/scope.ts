import {
  type DashboardBuilder,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  VariableHide,
  VariableRefresh,
  VariableSort,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { identifier } from "../influxql/expression.ts";
import { from } from "../influxql/query.ts";
import { dataSource, type Lead } from "../panels/panel.ts";
import { type Reading, reading } from "../panels/reading.ts";
import { grafanaVariable, type Language, type Say, type Text, text } from "../text.ts";

/** The data source as it is provisioned. Panels name it by the variable `datasource`, whose first value it is. */
export const provisionedSource = { uid: "mingcheng-influxql", name: "明秤时序库" } as const;

/** What a dashboard is built with: its language, and where the others are. */
export interface Setting {
  readonly language: Language;
  readonly say: Say;
}

/** Ids of the dashboards; their addresses are API: the built-in screens and people's bookmarks lead there. */
export type DashboardId = "wall" | "market" | "tests" | "scales" | "cameras" | "alerts" | "gateways" | "ingest";

/** Unique id in Grafana, e.g. `mc-wall`, `mc-wall-en`. */
export const uidOf = (id: DashboardId, language: Language): string =>
  `mc-${id}${language === "zh" ? "" : `-${language}`}`;

/** Variables that choose a place, by the tag they compare with. Names, because people read them. */
export const area = { city_name: "city", district_name: "district", site_name: "site" } as const;

const openDetails = text("查看明细", "Show details");

/** A click that opens another dashboard with the same places and time. */
export const leadTo = (id: DashboardId, { language }: Setting): Lead => ({
  title: openDetails,
  url: `/d/${uidOf(id, language)}?${grafanaVariable("__url_time_range")}&${grafanaVariable("__all_variables")}`,
});

/** A click on a row that opens another dashboard for the site of that row. */
export const leadToSiteOn = (id: DashboardId, { language }: Setting): Lead => ({
  title: openDetails,
  url: `/d/${uidOf(id, language)}?${grafanaVariable("__url_time_range")}&var-site=${grafanaVariable("__data.fields.site_name")}`,
});

/** 数据截至: everything that the centre stored before this instant is in what the panel shows. */
export const asOf: Reading = reading(from("ingest").inTheLast("30d"), (of) => [
  { name: text("数据截至", "As of"), unit: "at", of: of.last("as_of_ms") },
]);

const places = [
  { name: "city", tag: "city_name", label: text("市", "City") },
  { name: "district", tag: "district_name", label: text("区县", "District") },
  { name: "site", tag: "site_name", label: text("场所", "Site") },
] as const;

/** A variable that offers the values of a tag: those seen where the variables before it lead. */
export const tagVariable = (
  { name, tag, label }: { readonly name: string; readonly tag: string; readonly label: Text },
  source: string,
  within: Readonly<Record<string, string>>,
  say: Say,
): QueryVariableBuilder => {
  const conditions = Object.entries(within).map(([other, variable]) => `${identifier(other)} =~ /^$${variable}$/`);
  const where = conditions.length === 0 ? "" : ` WHERE ${conditions.join(" AND ")}`;
  const query = `SHOW TAG VALUES FROM ${source} WITH KEY = ${identifier(tag)}${where}`;
  return new QueryVariableBuilder(name)
    .label(say(label))
    .datasource(dataSource)
    .query(query)
    .definition(query)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.NaturalAsc)
    .multi(true)
    .includeAll(true)
    .allValue(".*")
    .current({ selected: true, text: ["All"], value: ["$__all"] });
};

/** The variable through which every panel finds its data source. */
export const addSourceVariable = (dashboard: DashboardBuilder, say: Say): DashboardBuilder =>
  dashboard.withVariable(
    new DatasourceVariableBuilder("datasource")
      .label(say(text("数据源", "Data source")))
      .type("influxdb")
      .hide(VariableHide.HideVariable)
      .current({ selected: true, text: provisionedSource.name, value: provisionedSource.uid }),
  );

/** Variables for city, district and site, each offering what the ones before it contain. */
export const addPlaceVariables = (dashboard: DashboardBuilder, source: string, say: Say): DashboardBuilder => {
  const within: Record<string, string> = {};
  for (const place of places) {
    dashboard.withVariable(tagVariable(place, source, { ...within }, say));
    within[place.tag] = place.name;
  }
  return dashboard;
};
