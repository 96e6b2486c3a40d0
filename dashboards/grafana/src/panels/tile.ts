import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueJustifyMode,
  BigValueTextMode,
  ReduceDataOptionsBuilder,
  VizOrientation,
  VizTextDisplayOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/stat";
import type { Say } from "../text.ts";
import { sizes } from "./look.ts";
import { furnish, type PanelOptions } from "./panel.ts";

/**
 * A few numbers, one below the other, each with its name: what can be read across a room. The last row says how far the
 * data reach.
 */
export const tile = (options: PanelOptions, say: Say): PanelBuilder =>
  furnish(new PanelBuilder(), options, "table", say)
    .reduceOptions(new ReduceDataOptionsBuilder().values(false).calcs(["lastNotNull"]).fields(""))
    .textMode(BigValueTextMode.ValueAndName)
    .colorMode(BigValueColorMode.Value)
    .graphMode(BigValueGraphMode.None)
    .justifyMode(BigValueJustifyMode.Auto)
    .orientation(VizOrientation.Horizontal)
    .wideLayout(true)
    .text(new VizTextDisplayOptionsBuilder().valueSize(sizes.value).titleSize(sizes.name));
