import { mkdirSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { type Exit, startProgram } from "./running-program.ts";
import { until } from "./until.ts";

/** One series of VictoriaMetrics, as its export writes it; times are milliseconds since 1970. */
export interface VictoriaSeries {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly number[];
  readonly timestamps: readonly number[];
}

/** VictoriaMetrics (Debian package `victoria-metrics`) on loopback: takes what is written the way of InfluxDB 2. */
export interface VictoriaProcess {
  readonly url: string;
  /** Everything of a metric (`weighing_lsn`), after what was written became visible. */
  series(metric: string): Promise<readonly VictoriaSeries[]>;
  stop(): Promise<Exit>;
}

const host = "127.0.0.1";

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer().on("error", reject);
    server.listen(0, host, () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

/** Starts VictoriaMetrics with its data in `dir` and waits until it answers. Samples of one millisecond count once. */
export const startVictoria = async (dir: string): Promise<VictoriaProcess> => {
  mkdirSync(dir, { recursive: true });
  const port = await freePort();
  const url = `http://${host}:${port}`;
  const args = [
    `-storageDataPath=${dir}`,
    `-httpListenAddr=${host}:${port}`,
    "-dedup.minScrapeInterval=1ms",
    "-retentionPeriod=10y",
    "-memory.allowedBytes=256MB",
  ];
  const program = startProgram({ name: "victoria-metrics", command: "victoria-metrics", args });
  const answers = (path: string): Promise<boolean> =>
    fetch(`${url}${path}`).then(
      ({ ok }) => ok,
      () => false,
    );
  const isReady = (): Promise<boolean> => {
    if (!program.running) throw new Error(`victoria-metrics ended:\n${program.output().slice(-4_000)}`);
    return answers("/health");
  };
  await until(isReady, { what: "VictoriaMetrics answers", withinMs: 60_000 });
  return {
    url,
    series: async (metric) => {
      await answers("/internal/force_flush");
      const asked = `${url}/api/v1/export?${new URLSearchParams({ "match[]": metric, reduce_mem_usage: "0" }).toString()}`;
      const text = await (await fetch(asked)).text();
      return text
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as VictoriaSeries);
    },
    stop: () => program.stop(),
  };
};
