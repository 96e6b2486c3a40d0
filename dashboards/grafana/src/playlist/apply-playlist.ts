import { MingchengError } from "@mingcheng/protocols/errors";
import { askGrafana, type GrafanaAccess, type GrafanaAnswer } from "./grafana-api.ts";

/** What Grafana keeps of a playlist: `spec` of `playlist.grafana.app`. */
export interface PlaylistSpec {
  readonly title: string;
  readonly interval: string;
  readonly items: readonly { readonly type: "dashboard_by_uid"; readonly value: string }[];
}

/** A playlist and the id it is kept under. */
export interface NamedPlaylist {
  readonly name: string;
  readonly spec: PlaylistSpec;
}

/** What became of a playlist. */
export type PlaylistOutcome = "created" | "updated" | "unchanged";

/** Versions of Grafana's playlist API, the newest first: `v1` since 12.4, `v0alpha1` in 12.0 to 12.3. */
const versions = ["v1", "v0alpha1"] as const;

/** The first organisation, which is the only one of a Grafana that nobody divided. */
const namespace = "default";

interface Kept {
  readonly metadata?: { readonly resourceVersion?: string };
  readonly spec?: unknown;
}

const said = ({ status, body }: GrafanaAnswer): string => {
  const message = (body as { readonly message?: unknown } | null)?.message;
  return typeof message === "string" ? `${status} ${message}` : String(status);
};

const expect = (answer: GrafanaAnswer, what: string, ...good: readonly number[]): GrafanaAnswer => {
  if (good.includes(answer.status)) return answer;
  throw new MingchengError("GRAFANA_REFUSED", `${what}: ${said(answer)}`);
};

const collectionOf = async (grafana: GrafanaAccess): Promise<{ readonly version: string; readonly path: string }> => {
  for (const version of versions) {
    const path = `/apis/playlist.grafana.app/${version}/namespaces/${namespace}/playlists`;
    const answer = expect(await askGrafana(grafana, "GET", path), "GET playlists", 200, 404);
    if (answer.status === 200) return { version, path };
  }
  throw new MingchengError("GRAFANA_REFUSED", "there is no playlist API");
};

const isSame = (kept: unknown, wanted: PlaylistSpec): boolean => {
  const { title, interval, items = [] } = (kept ?? {}) as Partial<PlaylistSpec>;
  const values = (list: PlaylistSpec["items"]) => list.map(({ type, value }) => `${type} ${value}`).join("\n");
  return title === wanted.title && interval === wanted.interval && values(items) === values(wanted.items);
};

/**
 * Makes Grafana's playlist what it should be; running it again changes nothing. Grafana has no files for playlists, as it has
 * for data sources and dashboards: its HTTP API is the only way.
 *
 * @throws MingchengError `GRAFANA_UNREACHABLE`, or `GRAFANA_REFUSED` with what Grafana said.
 */
export const applyPlaylist = async (
  grafana: GrafanaAccess,
  { name, spec }: NamedPlaylist,
): Promise<PlaylistOutcome> => {
  const { version, path } = await collectionOf(grafana);
  const found = expect(await askGrafana(grafana, "GET", `${path}/${name}`), `GET ${name}`, 200, 404);
  const playlist = { kind: "Playlist", apiVersion: `playlist.grafana.app/${version}`, metadata: { name }, spec };
  if (found.status === 404) {
    expect(await askGrafana(grafana, "POST", path, playlist), `POST ${name}`, 200, 201);
    return "created";
  }
  const kept = found.body as Kept;
  if (isSame(kept.spec, spec)) return "unchanged";
  // Names the version that is replaced, so that somebody else's change in between is refused, not overwritten.
  const metadata = { name, resourceVersion: kept.metadata?.resourceVersion };
  expect(await askGrafana(grafana, "PUT", `${path}/${name}`, { ...playlist, metadata }), `PUT ${name}`, 200);
  return "updated";
};
