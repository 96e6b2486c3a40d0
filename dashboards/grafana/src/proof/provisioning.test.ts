import { existsSync, readdirSync, readFileSync } from "node:fs";
import { seriesLayout, seriesSource } from "@mingcheng/protocols";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { provisionedSource } from "../dashboards/scope.ts";
import { queriesOf } from "../queries.ts";
import { languages } from "../text.ts";
import { committedDashboards } from "./read-dashboards.ts";

const root = new URL("../../", import.meta.url);

const provisioning = (path: string) => {
  const text = readFileSync(new URL(`provisioning/${path}`, root), "utf8");
  return { text, yaml: parse(text) };
};

/** Where docker-compose.yml and docs/grafana.md put the folder `dashboards`. */
const inGrafana = "/etc/grafana/mingcheng/";

describe("provisioning", () => {
  it("defines the one data source that every dashboard names, read-only, with InfluxQL", () => {
    const { datasources } = provisioning("datasources/mingcheng.yaml").yaml;
    expect(datasources).toHaveLength(1);
    expect(datasources[0]).toMatchObject({
      ...provisionedSource,
      type: "influxdb",
      access: "proxy",
      editable: false,
      jsonData: { version: "InfluxQL" },
    });
    for (const { dashboard, file } of committedDashboards()) {
      const variable = dashboard.templating.list.find(({ name }) => name === "datasource");
      expect(JSON.stringify(variable), file).toContain(`"value":"${provisionedSource.uid}"`);
    }
  });

  it("keeps secrets in files, out of everything that is committed", () => {
    const { text, yaml } = provisioning("datasources/mingcheng.yaml");
    const { secureJsonData, password, basicAuthPassword } = yaml.datasources[0];
    expect([password, basicAuthPassword]).toEqual([undefined, undefined]);
    expect(Object.values(secureJsonData)).toEqual(["Token $__file{/run/secrets/influxdb-read-token}"]);
    expect(text).toContain("$" + "{MINGCHENG_INFLUX_URL}");
  });

  it("provides one folder for each language, whose path holds its dashboards and nothing else", () => {
    const { providers } = provisioning("dashboards/mingcheng.yaml").yaml;
    expect(providers.map(({ folderUid }: { folderUid: string }) => folderUid)).toEqual(
      languages.map((language) => `mingcheng-${language}`),
    );
    for (const [index, language] of languages.entries()) {
      const { options, allowUiUpdates, type } = providers[index];
      expect({ type, allowUiUpdates, path: options.path }).toEqual({
        ...{ type: "file", allowUiUpdates: false, path: `${inGrafana}dashboards/${language}` },
      });
      const folder = new URL(`${options.path.slice(inGrafana.length)}/`, root);
      expect(existsSync(folder)).toBe(true);
      expect(readdirSync(folder).every((file) => file.endsWith(".json"))).toBe(true);
    }
  });

  it("gives every dashboard a uid of its own, across the folders", () => {
    const uids = committedDashboards().map(({ dashboard }) => dashboard.uid);
    expect(new Set(uids).size).toBe(uids.length);
  });
});

describe("the queries", () => {
  const found = committedDashboards().flatMap(({ dashboard }) => queriesOf(dashboard));
  const sources = new Set(
    (Object.keys(seriesLayout) as (keyof typeof seriesLayout)[]).map((name) => seriesSource(name)),
  );

  it("read measurements of the layout only, by their retention policy", () => {
    for (const { dashboard, panel, query } of found) {
      const read = [...query.matchAll(/FROM ("\w+"\."\w+")/g)].map(([, source = ""]) => source);
      expect(read.length, `${dashboard} ${panel}`).toBeGreaterThan(0);
      expect(read.filter((source) => !sources.has(source))).toEqual([]);
    }
  });

  it("read rollups where the chosen range may be long, samples and single events only where it is bounded", () => {
    const raw = found.filter(
      ({ query }) => query.includes("$timeFilter") && /FROM "autogen"\."(weighing|sale|sale_line)"/.test(query),
    );
    expect(raw).toEqual([]);
  });
});
