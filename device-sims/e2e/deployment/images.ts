/** What an image that is not ours understands, as far as the compose file uses it. */
export interface ForeignImage {
  /** Names of variables it reads. */
  readonly variables: ReadonlySet<string>;
  /** Places where it looks for files. */
  readonly places: readonly string[];
  /** Its port. */
  readonly port: number;
}

/**
 * By name without tag. Sources: `influxdb/2.7/entrypoint.sh` and `Dockerfile` of influxdata/influxdata-docker;
 * `packaging/docker/run.sh` (variables `GF_<SECTION>_<KEY>`, `__FILE`) and `conf/defaults.ini` of grafana/grafana; `Dockerfile` of
 * prometheus/prometheus.
 */
export const foreignImages: Readonly<Record<string, ForeignImage>> = {
  influxdb: {
    variables: new Set([
      ...["MODE", "USERNAME", "PASSWORD_FILE", "ADMIN_TOKEN_FILE", "ORG", "BUCKET"].map(
        (name) => `DOCKER_INFLUXDB_INIT_${name}`,
      ),
      "INFLUXD_REPORTING_DISABLED",
    ]),
    places: ["/var/lib/influxdb2", "/etc/influxdb2", "/docker-entrypoint-initdb.d/"],
    port: 8086,
  },
  "grafana/grafana": {
    variables: new Set(
      [
        ...[
          "SECURITY_ADMIN_PASSWORD__FILE",
          "SECURITY_SECRET_KEY__FILE",
          "USERS_ALLOW_SIGN_UP",
          "USERS_DEFAULT_LANGUAGE",
        ],
        ...["DATE_FORMATS_DEFAULT_TIMEZONE", "ANALYTICS_REPORTING_ENABLED", "ANALYTICS_CHECK_FOR_UPDATES"],
        ...["ANALYTICS_CHECK_FOR_PLUGIN_UPDATES", "NEWS_NEWS_FEED_ENABLED", "PLUGINS_PREINSTALL_DISABLED"],
        "PLUGINS_PREINSTALL_AUTO_UPDATE",
        "DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH",
      ].map((name) => `GF_${name}`),
    ),
    places: ["/var/lib/grafana", "/etc/grafana/provisioning"],
    port: 3000,
  },
  "prom/prometheus": { variables: new Set(), places: [], port: 9090 },
};

/** Named in the compose file without a tag. */
export const imageName = (image: string): string => image.replace(/:[^:/]*$/, "");

/** What a Dockerfile says of the last stage: the program, its first arguments, its ports and directories it makes. */
export const readDockerfile = (text: string) => {
  const last = text.slice(text.lastIndexOf("\nFROM "));
  const list = (keyword: string): string[] =>
    JSON.parse(new RegExp(`^${keyword} (\\[.*\\])$`, "m").exec(last)?.[1] ?? "[]") as string[];
  return {
    entrypoint: list("ENTRYPOINT"),
    command: list("CMD"),
    user: /^USER (\S+)$/m.exec(last)?.[1] ?? "root",
    ports: (/^EXPOSE (.*)$/m.exec(last)?.[1] ?? "").split(" ").filter((port) => port !== ""),
    directories: [...last.matchAll(/install -d [^\n]*?((?: \/[a-z]+)+)$/gm)].flatMap(([, paths = ""]) =>
      paths.trim().split(" "),
    ),
    bases: [...text.matchAll(/^FROM (\S+)/gm)].map(([, base = ""]) => base),
  };
};
