import { PanelBuilder } from "@grafana/grafana-foundation-sdk/bargauge";
import {
  BarGaugeDisplayMode,
  BarGaugeNamePlacement,
  BarGaugeSizing,
  BarGaugeValueMode,
  ReduceDataOptionsBuilder,
  VizOrientation,
  VizTextDisplayOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import type { Say } from "../text.ts";
import { sizes } from "./look.ts";
import { furnish, type PanelOptions } from "./panel.ts";

/** How many bars a panel shows at most; more would be too thin to read. */
export const mostBars = 6;

/** One bar per row of the query, the largest first, its name to the left: a comparison that can be read across a room. */
export const bars = (options: PanelOptions, say: Say): PanelBuilder => {
  const sorted = options.readings.flatMap(({ shown }) => shown.map(({ name }) => ({ field: say(name), desc: true })));
  return furnish(new PanelBuilder(), options, "table", say)
    .reduceOptions(new ReduceDataOptionsBuilder().values(true).limit(mostBars).calcs(["lastNotNull"]).fields(""))
    .withTransformation({ id: "sortBy", options: { fields: {}, sort: sorted } })
    .orientation(VizOrientation.Horizontal)
    .displayMode(BarGaugeDisplayMode.Basic)
    .valueMode(BarGaugeValueMode.Color)
    .namePlacement(BarGaugeNamePlacement.Left)
    .showUnfilled(true)
    .sizing(BarGaugeSizing.Auto)
    .min(0)
    .text(new VizTextDisplayOptionsBuilder().valueSize(sizes.barValue).titleSize(sizes.barName));
};
