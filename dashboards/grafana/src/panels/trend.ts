import {
  AxisPlacement,
  GraphDrawStyle,
  LegendDisplayMode,
  LegendPlacement,
  SortOrder,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import { FieldColorBuilder, FieldColorModeId } from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import type { Say } from "../text.ts";
import { furnish, type PanelOptions } from "./panel.ts";

/** How a trend is drawn: amounts per span as bars, levels as lines. Missing spans stay gaps. */
export type TrendStyle = "bars" | "lines";

/** A trend's own options. */
export interface TrendOptions extends PanelOptions {
  readonly style: TrendStyle;
  /** Step of the points: no interval is shorter. */
  readonly step?: "1m" | "10m" | "1h" | "1d";
}

/** Samples behind a rate stand beside it as bars, with their scale to the right. */
const sampleBars = [
  { id: "custom.drawStyle", value: GraphDrawStyle.Bars },
  { id: "custom.axisPlacement", value: AxisPlacement.Right },
  { id: "custom.fillOpacity", value: 25 },
  { id: "mappings", value: [] },
];

/** Numbers over time, for a desk. Where nothing was measured there is a gap, never a zero. */
export const trend = (options: TrendOptions, say: Say): PanelBuilder => {
  const { readings, style, step = "1m" } = options;
  const panel = furnish(new PanelBuilder(), options, "time_series", say)
    .interval(step)
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassicByName))
    .drawStyle(style === "bars" ? GraphDrawStyle.Bars : GraphDrawStyle.Line)
    .lineWidth(2)
    .fillOpacity(style === "bars" ? 60 : 0)
    .showPoints(VisibilityMode.Auto)
    .spanNulls(false)
    .axisSoftMin(0)
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.Table)
        .placement(LegendPlacement.Right)
        .showLegend(true)
        .calcs(["lastNotNull", "max"]),
    )
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending));
  for (const { name, isSample } of readings.flatMap(({ shown }) => shown)) {
    if (isSample === true) panel.overrideByName(say(name), sampleBars);
  }
  return panel;
};
