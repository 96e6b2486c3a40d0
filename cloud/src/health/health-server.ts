import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { MingchengError } from "@mingcheng/protocols";
import type { Registry } from "prom-client";
import type { Figure } from "./figure.ts";

/** What keeps the centre from being used, by part: `ledger`, `web`. Empty: it can be used. */
export type Faults = Readonly<Record<string, string>>;

/** Options of {@link startHealthServer}. */
export interface HealthOptions {
  /** A loopback address: nothing here asks for a password. */
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  faults(): Faults;
  /** What an operator must hear of although the centre can be used, by part. */
  warnings?(): Faults;
  figures(): readonly Figure[];
  /** Figures that take a look at the disk; left out when that fails. */
  diskFigures?(): Promise<readonly Figure[]>;
}

/** A running listener. */
export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

const escapeLabel = (text: string): string =>
  text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");

const valueText = (value: number): string => (value === Number.POSITIVE_INFINITY ? "+Inf" : String(value));

/** Figures in Prometheus' text format 0.0.4; figures of one name stand together under one heading. */
export const renderFigures = (figures: readonly Figure[]): string => {
  const byName = new Map<string, Figure[]>();
  for (const figure of figures) byName.set(figure.name, [...(byName.get(figure.name) ?? []), figure]);
  let text = "";
  for (const [name, same] of byName) {
    const [{ help, type }] = same as [Figure];
    text += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
    for (const { labels, value } of same) {
      const pairs = Object.entries(labels ?? {}).map(([label, content]) => `${label}="${escapeLabel(content)}"`);
      text += `${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${valueText(value)}\n`;
    }
  }
  return text;
};

/** Names by which this machine may be asked. A page that was lured here by another name gets nothing (DNS rebinding). */
const ownNames: ReadonlySet<string> = new Set(["127.0.0.1", "localhost", "[::1]"]);

const answer = (response: ServerResponse, status: number, type: string, text: string): void => {
  response.writeHead(status, { "content-type": type, "cache-control": "no-store" }).end(text);
};

/** Figures of the process itself, in text format 0.0.4. What they count, they count from the first question on. */
const processFigures = (): (() => Promise<string>) => {
  let registry: Promise<Registry> | undefined;
  const open = async (): Promise<Registry> => {
    const { collectDefaultMetrics, Registry: NewRegistry } = await import("prom-client");
    const opened = new NewRegistry();
    collectDefaultMetrics({ register: opened });
    return opened;
  };
  return async () => {
    registry ??= open();
    return (await registry).metrics();
  };
};

const metricsText = async (options: HealthOptions, ofProcess: () => Promise<string>): Promise<string> => {
  const ofDisk = (await options.diskFigures?.().catch(() => [])) ?? [];
  return (await ofProcess()) + renderFigures([...options.figures(), ...ofDisk]);
};

const metricsType = "text/plain; version=0.0.4; charset=utf-8";

const serve = (
  url: string,
  response: ServerResponse,
  options: HealthOptions,
  ofProcess: () => Promise<string>,
): void => {
  switch (url.split("?")[0]) {
    case "/healthz":
      answer(response, 200, "text/plain", "ok\n");
      return;
    case "/readyz": {
      const faults = options.faults();
      const warnings = options.warnings?.() ?? {};
      const ready = Object.keys(faults).length === 0;
      const said = { ready, faults, ...(Object.keys(warnings).length === 0 ? {} : { warnings }) };
      answer(response, ready ? 200 : 503, "application/json", `${JSON.stringify(said)}\n`);
      return;
    }
    case "/metrics":
      metricsText(options, ofProcess).then(
        (text) => answer(response, 200, metricsType, text),
        () => answer(response, 500, "text/plain", "the figures could not be read\n"),
      );
      return;
    default:
      answer(response, 404, "text/plain", "/healthz /readyz /metrics\n");
  }
};

/**
 * Plain HTTP for the machine's own monitoring: `/healthz` (the process lives), `/readyz` (everything works, or what does
 * not), `/metrics` (Prometheus). Nothing else, and nothing that changes anything.
 * @throws {MingchengError} LISTEN_FAILED
 */
export const startHealthServer = async (options: HealthOptions): Promise<HealthServer> => {
  const ofProcess = processFigures();
  const server = createServer((request, response) => {
    const name = (request.headers.host ?? "").replace(/:\d{1,5}$/, "").toLowerCase();
    if (!ownNames.has(name)) answer(response, 403, "text/plain", "loopback only\n");
    else if (request.method === "GET" || request.method === "HEAD")
      serve(request.url ?? "/", response, options, ofProcess);
    else answer(response, 405, "text/plain", "GET only\n");
  });
  // Monitoring asks briefly; nobody holds on to this listener.
  server.requestTimeout = 5_000;
  server.maxConnections = 64;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => {
      const where = `health ${options.host}:${options.port}`;
      reject(new MingchengError("LISTEN_FAILED", `${where}: ${cause.message}`, { field: "health", cause }));
    });
    server.listen(options.port, options.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
