import type { HttpError, InfluxDB, WriteApi } from "@influxdata/influxdb-client";
import { MingchengError, type SeriesRetention } from "@mingcheng/protocols";
import { type Administration, administrationV1, administrationV2 } from "./influx-administration.ts";
import { LinesRefused, type QueriedSeries, type SeriesServer, ServerUnavailable } from "./series-server.ts";
import type { TimeseriesSettings } from "./settings.ts";

/** What a secret in a file may look like: one line, its line feed left out. */
export type ReadSecret = (path: string) => Promise<string>;

const retentions: readonly SeriesRetention[] = ["autogen", "long"];
const maxReasonChars = 400;

/** Statuses that say: this content, never. Everything else may succeed later. */
const refusing: ReadonlySet<number> = new Set([400, 413, 422]);

const reasonOf = (error: unknown): string => {
  const text = error instanceof Error ? error.message : String(error);
  return text.replaceAll(/\s+/g, " ").slice(0, maxReasonChars);
};

const isHttpError = (error: unknown): error is HttpError =>
  error instanceof Error && typeof (error as Partial<HttpError>).statusCode === "number";

const faultOf = (error: unknown): Error => {
  if (!isHttpError(error)) return new ServerUnavailable(reasonOf(error));
  const said = `${error.statusCode} ${reasonOf(error.body === undefined || error.body === "" ? error : new Error(error.body))}`;
  // A database that is not there is made again; its points are not at fault.
  const isMissing = /database not found|retention policy not found|bucket .*not found/i.test(said);
  return refusing.has(error.statusCode) && !isMissing ? new LinesRefused(said) : new ServerUnavailable(said);
};

const authorization = async (settings: TimeseriesSettings, read: ReadSecret): Promise<Record<string, string>> => {
  const { user, passwordFile, tokenFile } = settings;
  if (tokenFile !== null) return { Authorization: `Token ${await read(tokenFile)}` };
  if (user === null || passwordFile === null) return {};
  const pair = `${user}:${await read(passwordFile)}`;
  return { Authorization: `Basic ${Buffer.from(pair, "utf8").toString("base64")}` };
};

/** Where a v1 server takes lines. */
const v1Path = (database: string, retention: SeriesRetention): string =>
  `/write?db=${encodeURIComponent(database)}&rp=${retention}&precision=ns`;

class InfluxServer implements SeriesServer {
  readonly #settings: TimeseriesSettings;
  readonly #headers: Record<string, string>;
  readonly #writers = new Map<SeriesRetention, WriteApi>();
  readonly #administration: Administration;

  constructor(client: InfluxDB, settings: TimeseriesSettings, headers: Record<string, string>) {
    this.#settings = settings;
    this.#headers = headers;
    const { api, database, org } = settings;
    for (const retention of retentions) {
      const writer = client.getWriteApi(org ?? "", `${database}/${retention}`, "ns", {
        // Nothing is left to the client: it neither gathers nor tries again, and an error is an error.
        ...{ maxRetries: 0, batchSize: 2, flushInterval: 0, maxBufferLines: 1, maxBatchBytes: 256 * 1024 * 1024 },
        // Server and centre stand side by side: packing would cost more than it saves.
        gzipThreshold: Number.MAX_SAFE_INTEGER,
        writeFailed: (error) => Promise.reject(error),
      });
      if (api === "v1") writer.path = v1Path(database, retention);
      this.#writers.set(retention, writer);
    }
    const ask = (path: string, init?: RequestInit): Promise<Response> => this.#ask(path, init);
    this.#administration = (api === "v1" ? administrationV1 : administrationV2)(settings, ask);
  }

  async write(retention: SeriesRetention, lines: readonly string[]): Promise<void> {
    const writer = this.#writers.get(retention);
    if (lines.length === 0 || writer === undefined) return;
    try {
      // One record for the client, whatever its number of lines: it has nothing to cut and nothing to keep.
      writer.writeRecord(lines.join("\n"));
      await writer.flush();
    } catch (error) {
      throw faultOf(error);
    }
  }

  async startMark(): Promise<string | null> {
    const ping = await this.#ask("/ping");
    await ping.body?.cancel();
    if (!ping.ok) throw new ServerUnavailable(`ping: ${ping.status}`);
    const metrics = await this.#ask("/metrics");
    const text = metrics.ok ? await metrics.text() : "";
    return /^process_start_time_seconds (\S+)$/m.exec(text)?.[1] ?? null;
  }

  setUp(): Promise<void> {
    return this.#settings.setUp ? this.#administration.setUp() : Promise.resolve();
  }

  async query(influxQl: string): Promise<readonly QueriedSeries[] | undefined> {
    const asked = `/query?db=${encodeURIComponent(this.#settings.database)}&epoch=ms`;
    const response = await this.#ask(asked, { method: "POST", body: new URLSearchParams({ q: influxQl }) });
    if (response.status === 404 || response.status === 405) return undefined;
    const text = await response.text();
    if (!response.ok) throw new ServerUnavailable(`query: ${response.status} ${text.slice(0, maxReasonChars)}`);
    const { results = [] } = JSON.parse(text) as { results?: { series?: QueriedSeries[]; error?: string }[] };
    const failed = results.find(({ error }) => error !== undefined);
    if (failed !== undefined) throw new ServerUnavailable(`query: ${failed.error}`);
    return results.flatMap(({ series = [] }) => series);
  }

  remove(measurement: string, retention: SeriesRetention, fromMs: number, toMs: number): Promise<boolean> {
    return this.#administration.remove(measurement, retention, fromMs, toMs);
  }

  async #ask(path: string, init: RequestInit = {}): Promise<Response> {
    const { url, timeoutMs } = this.#settings;
    try {
      return await fetch(`${url.replace(/\/$/, "")}${path}`, {
        ...init,
        headers: { ...this.#headers, ...(init.headers as Record<string, string> | undefined) },
        redirect: "error",
        signal: AbortSignal.timeout(timeoutMs),
      });
    } catch (error) {
      const { cause } = error as { readonly cause?: unknown };
      throw new ServerUnavailable(reasonOf(cause ?? error));
    }
  }

  close(): void {
    for (const writer of this.#writers.values()) void writer.close().catch(() => undefined);
  }
}

/**
 * Opens a server by its settings; nothing is asked of it yet. The client is loaded only now.
 * @throws {MingchengError} CONFIG_INVALID when a secret cannot be read
 */
export const openInfluxServer = async (settings: TimeseriesSettings, read: ReadSecret): Promise<SeriesServer> => {
  let headers: Record<string, string>;
  try {
    headers = await authorization(settings, read);
  } catch (cause) {
    const field = settings.tokenFile === null ? "timeseries.passwordFile" : "timeseries.tokenFile";
    throw new MingchengError("CONFIG_INVALID", `${field}: ${reasonOf(cause)}`, { field, cause });
  }
  const { InfluxDB: Client } = await import("@influxdata/influxdb-client");
  const client = new Client({ url: settings.url, timeout: settings.timeoutMs, headers });
  return new InfluxServer(client, settings, headers);
};
