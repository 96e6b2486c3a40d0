import { TableCellHeight } from "@grafana/grafana-foundation-sdk/common";
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/table";
import type { Say, Text } from "../text.ts";
import { furnish, type PanelOptions } from "./panel.ts";

/** Rows for a desk: one per group of the query. Hides the column of time, which is the beginning of the range in every row. */
export const table = (
  options: PanelOptions & { readonly columns: Readonly<Record<string, Text>>; readonly keepsTime?: boolean },
  say: Say,
): PanelBuilder => {
  const panel = furnish(new PanelBuilder(), options, "table", say).showHeader(true).cellHeight(TableCellHeight.Md);
  // Rows of several queries in one table; without it Grafana shows one of them and a menu.
  if (options.readings.length > 1) panel.withTransformation({ id: "merge", options: {} });
  for (const [tag, name] of Object.entries(options.columns)) {
    panel.overrideByName(tag, [{ id: "displayName", value: say(name) }]);
  }
  if (options.keepsTime !== true) panel.overrideByName("Time", [{ id: "custom.hidden", value: true }]);
  return panel;
};
