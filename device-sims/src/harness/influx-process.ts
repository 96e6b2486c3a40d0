import { mkdirSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { type Exit, type RunningProgram, startProgram } from "./running-program.ts";
import { until } from "./until.ts";

/** A row of an answer: one series with its tags, columns and values; times are milliseconds since 1970. */
export interface InfluxSeries {
  readonly name: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly columns: readonly string[];
  readonly values: readonly (readonly unknown[])[];
}

/** What InfluxDB answered to one statement. */
export interface InfluxAnswer {
  readonly error?: string;
  readonly series: readonly InfluxSeries[];
}

/** InfluxDB 1.6 (Debian package `influxdb`) on loopback. Port and data stay the same over restarts. */
export interface InfluxProcess {
  readonly url: string;
  readonly pid: number;
  /** Runs one InfluxQL statement, the way Grafana asks. */
  query(database: string, statement: string): Promise<InfluxAnswer>;
  /** Writes line protocol with times in milliseconds. @throws {Error} with what the server said */
  write(database: string, retention: string, lines: string): Promise<void>;
  stop(): Promise<Exit>;
  kill(): Promise<Exit>;
  /** Starts it again after `stop` or `kill`. */
  start(): Promise<void>;
}

const host = "127.0.0.1";

/** A port of loopback that was free a moment ago. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().on("error", reject);
    server.listen(0, host, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

const configuration = (dir: string, httpPort: number, rpcPort: number): string => `reporting-disabled = true
bind-address = "${host}:${rpcPort}"
[meta]
dir = "${join(dir, "meta")}"
[data]
dir = "${join(dir, "data")}"
wal-dir = "${join(dir, "wal")}"
query-log-enabled = false
[http]
bind-address = "${host}:${httpPort}"
log-enabled = false
[monitor]
store-enabled = false
`;

const isReady = async (url: string, program: RunningProgram): Promise<boolean> => {
  if (!program.running) throw new Error(`influxd ended:\n${program.output().slice(-4_000)}`);
  return fetch(`${url}/ping`).then(
    ({ status }) => status === 204,
    () => false,
  );
};

/** Starts InfluxDB with its data in `dir` and waits until it answers. */
export const startInflux = async (dir: string): Promise<InfluxProcess> => {
  mkdirSync(dir, { recursive: true });
  const [httpPort, rpcPort] = [await freePort(), await freePort()];
  const file = join(dir, "influxdb.conf");
  writeFileSync(file, configuration(dir, httpPort, rpcPort));
  const url = `http://${host}:${httpPort}`;
  const launch = async (): Promise<RunningProgram> => {
    const started = startProgram({ name: "influxd", command: "influxd", args: ["-config", file] });
    await until(() => isReady(url, started), { what: "InfluxDB answers", withinMs: 60_000 });
    return started;
  };
  let program = await launch();
  return {
    url,
    get pid() {
      return program.pid;
    },
    query: async (database, statement) => {
      const address = `${url}/query?db=${encodeURIComponent(database)}&epoch=ms`;
      const answer = await fetch(address, { method: "POST", body: new URLSearchParams({ q: statement }) });
      const { error, results = [] } = (await answer.json()) as {
        readonly error?: string;
        readonly results?: readonly { readonly error?: string; readonly series?: readonly InfluxSeries[] }[];
      };
      const wrong = error ?? results[0]?.error;
      return { series: results[0]?.series ?? [], ...(wrong === undefined ? {} : { error: wrong }) };
    },
    write: async (database, retention, lines) => {
      const address = `${url}/write?db=${encodeURIComponent(database)}&rp=${retention}&precision=ms`;
      const answer = await fetch(address, { method: "POST", body: lines });
      const text = await answer.text();
      if (answer.status !== 204) throw new Error(`${answer.status} ${text.slice(0, 1_000)}`);
    },
    stop: () => program.stop(),
    kill: () => program.kill(),
    start: async () => {
      program = await launch();
    },
  };
};
