import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { builtModule, repositoryRoot } from "../../src/harness/repository.ts";
import { runProgram } from "../../src/harness/running-program.ts";
import { scenarioSchema } from "../../src/scenario/scenario.ts";
import { composeData } from "./compose-file.ts";
import { composeFindings, type Tree } from "./compose-findings.ts";

/** A file, or all files of a folder. */
const readText = (path: string): string => {
  const full = join(repositoryRoot, path);
  if (!statSync(full).isDirectory()) return readFileSync(full, "utf8");
  return readdirSync(full, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"))
    .join("\n");
};
const texts = new Map<string, string>();
const textOf = (path: string): string => {
  const known = texts.get(path) ?? readText(path);
  texts.set(path, known);
  return known;
};

const tree: Tree = { exists: (path) => existsSync(join(repositoryRoot, path)), read: textOf };
const compose = textOf("docker-compose.yml");

/** The schema of the compose specification, as the linter of compose files carries it. */
const schemaPath = join(
  dirname(createRequire(import.meta.url).resolve("dclint/package.json")),
  "schemas/compose.schema.json",
);
const { $schema: _draft, ...schema } = JSON.parse(readFileSync(schemaPath, "utf8")) as Record<string, unknown>;
const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);

/** The tree with one file changed. */
const changed = (path: string, from: string, to: string): Tree => ({
  exists: (asked) => tree.exists(asked),
  read: (asked) => {
    const text = tree.read(asked);
    if (!path.endsWith(asked.replace(/^\.\//, ""))) return text;
    expect(text).toContain(from);
    return text.replaceAll(from, to);
  },
});

describe("docker-compose.yml", () => {
  it("is what the compose specification allows; an unknown key is not", () => {
    expect([validate(composeData(compose)), validate.errors]).toEqual([true, null]);
    expect(validate(composeData(compose.replace("    hostname:", "    host_name:")))).toBe(false);
    expect(validate(composeData(compose.replace("mem_limit: 512m", "mem_limit: [512m]")))).toBe(false);
  });

  it("names only what exists: images, variables, ports, volumes, paths, commands, hosts and secrets", () => {
    expect(composeFindings(compose, tree)).toEqual([]);
  });

  it.each([
    [
      "a command",
      "command: [run, --data, /data, --config",
      "command: [serve, --data, /data, --config",
      "no command mingcheng-cloud serve",
    ],
    ["an option", "[run, --data, /data, --config", "[run, --dir, /data, --config", "has no option --dir"],
    ["a port", '"8443:8443"', '"8443:443"', "nobody listens at 443"],
    ["the port of a health check", "127.0.0.1/8080;", "127.0.0.1/8088;", "health check at port 8088"],
    ["the path of a health check", "GET /healthz", "GET /health", "health check at /health"],
    [
      "a file that is mounted",
      "./cloud/compose/cloud.yaml:",
      "./cloud/compose/centre.yaml:",
      "./cloud/compose/centre.yaml is not there",
    ],
    [
      "where it is mounted",
      ":/etc/mingcheng/cloud.yaml:ro",
      ":/etc/mingcheng/centre.yaml:ro",
      "nobody looks at /etc/mingcheng/centre.yaml",
    ],
    ["a volume's place", '"backup:/backup"', '"backup:/backups"', "nobody looks at /backups"],
    ["a volume nobody declares", '"backup:/backup"', '"copies:/backup"', "copies is not there"],
    ["a variable of ours", "MINGCHENG_INFLUX_URL:", "MINGCHENG_INFLUXDB_URL:", "nobody reads MINGCHENG_INFLUXDB_URL"],
    ["a variable of an image", "DOCKER_INFLUXDB_INIT_ORG:", "INFLUXDB_ORG:", "nobody reads INFLUXDB_ORG"],
    [
      "a variable of the file",
      "{MINGCHENG_PUBLIC_HOST:-localhost}",
      "{PUBLIC_HOST:-localhost}",
      "PUBLIC_HOST is not in .env.example",
    ],
    ["a secret", "secrets: [influxdb-admin-token]", "secrets: [influxdb-token]", "no secret influxdb-token"],
    [
      "a secret not handed over",
      "secrets: [grafana-admin-password, grafana-secret-key, influxdb-read-token]",
      "secrets: [influxdb-read-token]",
      "GF_SECURITY_SECRET_KEY__FILE is not a secret",
    ],
    ["a password in words", "/run/secrets/influxdb-admin-password\n", "mingcheng\n", "is not a secret of the service"],
    ["an image that is not pinned", "grafana/grafana:12.1.1", "grafana/grafana:latest", "is not pinned"],
    ["another version of ours", "mingcheng/gateway:0.1.0", "mingcheng/gateway:0.0.9", "is not of version"],
    [
      "a Dockerfile",
      "dockerfile: gateway/Dockerfile",
      "dockerfile: gateway/docker/Dockerfile",
      "gateway/docker/Dockerfile is not there",
    ],
    [
      "a file of a folder",
      "dashboards/zh/wall.json",
      "dashboards/zh/big-wall.json",
      "big-wall.json is not in ./dashboards/grafana/dashboards",
    ],
    ["a network", "networks: [default, series]", "networks: [default]", "influxdb is in no common network"],
    ["a host", "http://influxdb:8086", "http://influx:8086", "no service influx"],
    [
      "what a service waits for",
      "      influxdb: { condition: service_healthy }",
      "      influx: { condition: service_healthy }",
      "depends on influx",
    ],
  ])("would be found out: %s that is not there", (_what, from, to, finding) => {
    expect(compose).toContain(from);
    expect(composeFindings(compose.replaceAll(from, to), tree).join("\n")).toContain(finding);
  });

  it.each([
    ["cloud/compose/cloud.yaml", "http://influxdb:8086", "http://influx:8086", "no service influx"],
    [
      "cloud/compose/cloud.yaml",
      "/run/secrets/influxdb-admin-token",
      "/run/secrets/token",
      "/run/secrets/token is not mounted",
    ],
    ["cloud/compose/cloud.yaml", "8444", "8445", "8445 is not published"],
    ["cloud/compose/enrol-demo.sh", "gateway add", "gateway new", "no command mingcheng-cloud gateway new"],
    ["gateway/compose/run-demo.sh", "--code", "--ticket", "has no option --ticket"],
    ["gateway/compose/demo.yaml", "demo-devices:4001", "devices:4001", "no service devices"],
    [
      "cloud/compose/make-secrets.sh",
      "make grafana-secret-key",
      "make grafana-key",
      "nobody makes the secret grafana-secret-key",
    ],
    ["cloud/compose/prometheus.yml", "centre.rules.yaml", "rules.yaml", "rules.yaml is not in ./cloud/health-rules"],
    ["gateway/Dockerfile", "USER node", "USER root", "runs as root"],
  ])("would be found out: %s with %s → %s", (path, from, to, finding) => {
    expect(composeFindings(compose, changed(path, from, to)).join("\n")).toContain(finding);
  });
});

describe("the files that it mounts", () => {
  const check = (program: string, path: string) =>
    runProgram({
      name: path,
      command: process.execPath,
      args: [builtModule(`${program}/dist/main.js`), "check", "--config", join(repositoryRoot, path)],
    });

  it("are configurations that the programs take", async () => {
    await check("cloud", "cloud/compose/cloud.yaml");
    await check("gateway", "gateway/compose/demo.yaml");
    await expect(check("gateway", "cloud/compose/cloud.yaml")).rejects.toThrow();
  }, 60_000);

  it("agree with one another: devices and ports, database and organisation", () => {
    const { devices } = scenarioSchema.parse(parse(textOf("device-sims/compose/demo.yaml")));
    const listening = devices.map((device) => [
      device.id,
      device.kind,
      "listen" in device ? new URL(device.listen).port : "",
    ]);
    const read = parse(textOf("gateway/compose/demo.yaml")) as {
      devices: { id: string; protocol: string; address: string }[];
    };
    expect(read.devices.map(({ id, protocol, address }) => [id, protocol, new URL(address).port])).toEqual(listening);
    const { timeseries } = parse(textOf("cloud/compose/cloud.yaml")) as {
      timeseries: { database: string; org: string };
    };
    const setUp = textOf("cloud/compose/influxdb-setup.sh");
    expect(setUp).toContain(`database=${timeseries.database}\n`);
    expect(compose).toContain(`DOCKER_INFLUXDB_INIT_BUCKET: ${timeseries.database}/autogen\n`);
    expect(compose).toContain(`MINGCHENG_INFLUX_DATABASE: ${timeseries.database}\n`);
    expect(compose).toContain(`DOCKER_INFLUXDB_INIT_ORG: ${timeseries.org}\n`);
  });
});
