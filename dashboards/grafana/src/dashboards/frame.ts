import { DashboardBuilder, DashboardCursorSync, type Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { headLink } from "../panels/panel.ts";
import { type Text, text } from "../text.ts";
import { addPlaceVariables, addSourceVariable, type DashboardId, type Setting, uidOf } from "./scope.ts";

/** Where days begin and times are shown: China has one time zone and no summer time. */
export const timezone = "Asia/Shanghai";

/** Name of each dashboard, in the field's words. */
export const titles: Readonly<Record<DashboardId, Text>> = {
  wall: text("指挥中心大屏", "Command-centre wall"),
  market: text("市场", "Markets"),
  tests: text("食品快检", "Rapid tests"),
  scales: text("秤具诚信", "Scale integrity"),
  cameras: text("明厨亮灶摄像头", "Cameras"),
  alerts: text("预警与响应时间", "Alerts and response times"),
  gateways: text("网关", "Gateway fleet"),
  ingest: text("入库健康", "Ingest health"),
};

/** Everything of a dashboard but its panels. */
export interface Frame {
  readonly id: DashboardId;
  /** What it answers, in one sentence. */
  readonly about: Text;
  /** Default time range; panels about today have their own. */
  readonly from: string;
  readonly refresh: "30s" | "1m" | "5m";
  /** Measurement whose tags fill the place variables; left out: it has none. */
  readonly placesOf?: string;
  readonly more?: (dashboard: DashboardBuilder) => DashboardBuilder;
  readonly panels: readonly { build(): Panel }[];
}

const ids = Object.keys(titles) as DashboardId[];

/** Builds a dashboard: read-only, dark or light as the viewer likes, with links to all others at its head. */
export const frame = ({ id, about, from, refresh, placesOf, more, panels }: Frame, setting: Setting) => {
  const { say, language } = setting;
  let dashboard = new DashboardBuilder(say(titles[id]))
    .uid(uidOf(id, language))
    .description(say(about))
    .tags(["mingcheng", language, id])
    .timezone(timezone)
    .time({ from, to: "now" })
    .refresh(refresh)
    .tooltip(DashboardCursorSync.Crosshair)
    .weekStart("monday")
    .readonly();
  dashboard = addSourceVariable(dashboard, say);
  if (placesOf !== undefined) dashboard = addPlaceVariables(dashboard, placesOf, say);
  if (more !== undefined) dashboard = more(dashboard);
  for (const other of ids.filter((other) => other !== id)) {
    dashboard = dashboard.link(headLink(say(titles[other]), `/d/${uidOf(other, language)}`));
  }
  let nextId = 1;
  for (const panel of panels) {
    const built = panel.build();
    dashboard = dashboard.withPanel({ build: () => ({ ...built, id: nextId++ }) });
  }
  return dashboard.build();
};
