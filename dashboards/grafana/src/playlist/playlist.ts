import { type DashboardId, uidOf } from "../dashboards/scope.ts";
import { type Language, type Text, text } from "../text.ts";
import type { NamedPlaylist } from "./apply-playlist.ts";

const title: Text = text("明秤指挥中心轮播", "Mingcheng command centre");

/** Scenes in the order of need; the wall comes back between the others, so that it is never away for more than a scene. */
const scenes: readonly DashboardId[] = ["wall", "alerts", "wall", "tests", "wall", "market", "wall", "cameras"];

/** The rotation of a command centre, one scene every 30 s. */
export const playlistIn = (language: Language): NamedPlaylist => ({
  name: language === "zh" ? "mingcheng-wall" : `mingcheng-wall-${language}`,
  spec: {
    title: title[language],
    interval: "30s",
    items: scenes.map((id) => ({ type: "dashboard_by_uid", value: uidOf(id, language) })),
  },
});
