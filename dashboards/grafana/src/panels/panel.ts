import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import type { DataSourceRef } from "@grafana/grafana-foundation-sdk/common";
import {
  type DashboardLink,
  DashboardLinkBuilder,
  type DynamicConfigValue,
  FieldColorBuilder,
  FieldColorModeId,
  ThresholdsConfigBuilder,
  ThresholdsMode,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { influxTarget } from "../influxql/target.ts";
import { grafanaVariable, type Say, type Text } from "../text.ts";
import { fewSamples, noData, plain, type Tones, thresholdsOf, units } from "./look.ts";
import type { Reading, Shown } from "./reading.ts";

/** Where panels get their data: a variable, so that a test system can be looked at through the same dashboards. */
export const dataSource: DataSourceRef = { type: "influxdb", uid: grafanaVariable("datasource") };

/** Columns and rows of Grafana's grid: 24 columns, 38 px a row. */
export interface Place {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** What every panel has. */
export interface PanelOptions {
  readonly title: Text;
  /** What question it answers, from what, and what it does not say. */
  readonly about: Text;
  readonly at: Place;
  readonly readings: readonly Reading[];
  /** Where a click leads: the address of another dashboard, with variables and time. */
  readonly leadsTo?: Lead;
  /** Another time range than the dashboard's, e.g. `7d`. */
  readonly over?: string;
}

/** A click's target. */
export interface Lead {
  readonly title: Text;
  readonly url: string;
}

/** The part of a panel builder of the SDK that all kinds have. */
interface AnyPanelBuilder {
  title(title: string): this;
  description(description: string): this;
  datasource(datasource: DataSourceRef): this;
  gridPos(place: Place): this;
  withTarget(target: ReturnType<typeof influxTarget>): this;
  noValue(text: string): this;
  timeFrom(span: string): this;
  dataLinks(links: Builder<DashboardLink>[]): this;
  unit(unit: string): this;
  decimals(decimals: number): this;
  thresholds(thresholds: ThresholdsConfigBuilder): this;
  colorScheme(color: FieldColorBuilder): this;
  overrideByName(name: string, properties: DynamicConfigValue[]): this;
}

const refIds = "ABCDEFGHIJKLMNOP";

/** A link where people see it: the SDK puts links into a menu unless told otherwise, and cannot be told. */
const inSight = (link: DashboardLinkBuilder): Builder<DashboardLink> => ({
  build: () => {
    const { placement: _, ...rest } = link.build();
    return rest;
  },
});

const link = ({ title, url }: Lead, say: Say): Builder<DashboardLink> =>
  inSight(new DashboardLinkBuilder(say(title)).url(url).targetBlank(false));

/** Thresholds for a builder. */
export const thresholds = (tones: Tones): ThresholdsConfigBuilder =>
  new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(thresholdsOf(tones));

const overridesOf = (shown: Shown, first: Shown, say: Say): DynamicConfigValue[] => {
  const { unit, decimals } = units[shown.unit];
  return [
    ...(shown.unit === first.unit ? [] : [{ id: "unit", value: unit }]),
    ...(shown.unit === first.unit ? [] : [{ id: "decimals", value: decimals }]),
    ...(shown.tones === first.tones ? [] : [{ id: "thresholds", value: thresholds(shown.tones ?? plain).build() }]),
    ...(shown.isSample === true ? [{ id: "mappings", value: fewSamples(say) }] : []),
  ];
};

/**
 * Title, description, place, queries, units, colours and links: what is the same for every kind of panel. The first number
 * shown gives the panel's unit and colours, the others override them by name.
 */
export const furnish = <Panel extends AnyPanelBuilder>(
  panel: Panel,
  { title, about, at, readings, leadsTo, over }: PanelOptions,
  format: "table" | "time_series",
  say: Say,
): Panel => {
  const all = readings.flatMap(({ shown }) => shown);
  const [first] = all;
  if (first === undefined) throw new RangeError(`panel “${title.en}” shows nothing`);
  panel.title(say(title)).description(say(about)).datasource(dataSource).gridPos(at).noValue(say(noData));
  panel.unit(units[first.unit].unit).decimals(units[first.unit].decimals);
  panel.thresholds(thresholds(first.tones ?? plain));
  panel.colorScheme(new FieldColorBuilder().mode(FieldColorModeId.Thresholds));
  if (over !== undefined) panel.timeFrom(over);
  if (leadsTo !== undefined) panel.dataLinks([link(leadsTo, say)]);
  for (const [index, { query, legend }] of readings.entries()) {
    const alias = format === "time_series" ? (legend ?? "$col") : undefined;
    panel.withTarget(
      influxTarget({
        refId: refIds.charAt(index),
        datasource: dataSource,
        query: query(say),
        format,
        ...(alias === undefined ? {} : { alias }),
      }),
    );
  }
  for (const shown of all.slice(1)) {
    const properties = overridesOf(shown, first, say);
    if (properties.length > 0) panel.overrideByName(say(shown.name), properties);
  }
  if (first.isSample === true) panel.overrideByName(say(first.name), overridesOf(first, first, say));
  return panel;
};

/** A link at the head of a dashboard to another one, keeping variables and time. */
export const headLink = (title: string, url: string): Builder<DashboardLink> =>
  inSight(new DashboardLinkBuilder(title).url(url).keepTime(true).includeVars(true).icon("dashboard"));
