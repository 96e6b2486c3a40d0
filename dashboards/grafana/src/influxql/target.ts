import type { Builder, Dataquery } from "@grafana/grafana-foundation-sdk/cog";
import type { DataSourceRef } from "@grafana/grafana-foundation-sdk/common";

/** What Grafana's InfluxDB data source reads of a raw InfluxQL query. Source: grafana/grafana, `pkg/tsdb/influxdb/models`. */
interface InfluxTarget extends Dataquery {
  readonly refId: string;
  readonly datasource: DataSourceRef;
  readonly query: string;
  readonly rawQuery: true;
  readonly resultFormat: "time_series" | "table";
  readonly alias?: string;
}

/** One query of a panel. `table` keeps several columns in one frame; `time_series` makes a frame per column and group. */
export interface TargetOptions {
  readonly refId: string;
  readonly datasource: DataSourceRef;
  readonly query: { toString(): string };
  readonly format: InfluxTarget["resultFormat"];
  /** Legend; `$tag_<name>` and `$col` are filled in by Grafana. */
  readonly alias?: string;
}

/** A target for the builders of the foundation SDK, which knows no InfluxDB query of its own. */
export const influxTarget = ({ refId, datasource, query, format, alias }: TargetOptions): Builder<Dataquery> => {
  const target: Omit<InfluxTarget, keyof Dataquery> = {
    refId,
    datasource,
    query: query.toString(),
    rawQuery: true,
    resultFormat: format,
    ...(alias === undefined ? {} : { alias }),
  };
  return { build: () => target as InfluxTarget };
};
