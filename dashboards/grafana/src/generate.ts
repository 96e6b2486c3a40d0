import { dashboardsIn } from "./dashboards/index.ts";
import { playlistIn } from "./playlist/playlist.ts";
import { languages } from "./text.ts";

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

/** Every dashboard and playlist as Grafana reads it, in every language; paths from the root of the repository. */
export const generated = (): { path: string; text: string }[] =>
  languages.flatMap((language) => [
    ...dashboardsIn(language).map(([id, dashboard]) => ({
      path: `dashboards/grafana/dashboards/${language}/${id}.json`,
      text: json(dashboard),
    })),
    { path: `dashboards/grafana/playlists/${language}.json`, text: json(playlistIn(language)) },
  ]);
