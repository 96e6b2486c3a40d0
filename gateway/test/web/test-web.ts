import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SetupDetection } from "@mingcheng/protocols";
import { pino } from "pino";
import { parseGatewayConfig } from "../../src/config/parse-config.ts";
import type { DetectPorts } from "../../src/detect/detect-port.ts";
import type { GatewayStatus } from "../../src/health/status-schema.ts";
import { openWeb, type Web } from "../../src/web/open-web.ts";
import { SetupCode } from "../../src/web/setup-code.ts";
import type { ValidConfig, WebParts } from "../../src/web/web-parts.ts";
import { settle, TestClock } from "../test-clock.ts";

/** An answer with everything a browser sees of it. */
export interface Answered {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
}

/** How a request differs from a plain one of the page. */
export interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Bytes in place of a JSON body. */
  readonly raw?: string;
}

const quiet: GatewayStatus = {
  ...{ v: 1, state: "ok", gw: "market-songbai", site: "Songbai market", centreName: "Test centre" },
  ...{ software: { name: "mingcheng-gateway", version: "0.1.0" }, pid: 1, startedAt: "2026-11-25T08:00:00.000+08:00" },
  ...{
    uptimeMs: 1000,
    rssBytes: 70_000_000,
    line: null,
    kid: "0011223344556677",
    centre: { cseq: 0, configuration: 0 },
  },
  clock: {
    wall: "2026-11-25T08:00:01.000+08:00",
    sync: "ntp",
    errMs: 20,
    isBehind: false,
    steps: 0,
    aheadOfCentreMs: 0,
    next: null,
  },
  outbox: {
    ...{ state: "ok", since: "2026-11-25T08:00:00.000+08:00", detail: "", bufferedRecords: 3, bufferedBytes: 1500 },
    ...{
      segments: 1,
      freeBytes: 8 * 1024 ** 3,
      commits: 3,
      faults: 0,
      pendingBytes: 0,
      nextSegmentReady: true,
      verified: true,
    },
    next: null,
  },
  capture: {
    ...{ gapsWaiting: 0, recordsWaiting: 0, recordsDiscarded: 0, next: null },
    quarantine: { directory: "/q", files: 0, bytes: 0, kept: 0, deleted: 0 },
  },
  uplink: {
    ...{
      state: "ready",
      pending: 0,
      inFlight: 0,
      lastReceiptAt: "2026-11-25T00:00:00.500Z",
      reconnects: 0,
      batchesSent: 1,
    },
    ...{ recordsSent: 3, bytesSent: 1500, freedRecords: 0, liveSent: 0, liveDropped: 0, refusedDownlinks: 0 },
    ...{ error: null, next: null },
  },
  ...{ devices: [], intake: null, alarms: [] },
};

/** A local web of a gateway that does nothing else. */
export interface WebUnderTest {
  readonly web: Web;
  readonly dir: string;
  readonly file: string;
  readonly clock: TestClock;
  readonly applied: ValidConfig[];
  newCode(): Promise<string>;
  ask(path: string, asked?: Asked): Promise<Answered>;
  /** Lets time pass until the detection under way is over. */
  detected(): Promise<SetupDetection>;
  /** Enters with a new code and returns the cookie. */
  enter(): Promise<string>;
  close(): Promise<void>;
}

/** The file that the gateway was started with. */
export const ownFile = "# 松柏市场\ndevices: []\n";

/** Opens it on loopback, or with TLS on another address of this machine. */
export const openTestWeb = async (
  host = "127.0.0.1",
  change: Partial<WebParts> = {},
  openLine?: DetectPorts["open"],
): Promise<WebUnderTest> => {
  const dir = await mkdtemp(join(tmpdir(), "mingcheng-web-"));
  const file = join(dir, "gateway.yaml");
  await writeFile(file, ownFile, { mode: 0o640 });
  const pages = join(dir, "pages");
  const clock = new TestClock();
  const applied: ValidConfig[] = [];
  const read = parseGatewayConfig(ownFile);
  if (!("config" in read)) throw new Error("the test's own file is not valid");
  let { config } = read;
  const parts: WebParts = {
    ...{ file, dataDirectory: dir, clock, log: pino({ level: "silent" }) },
    supervisor: { status: () => [], deviceOf: () => undefined, release: async () => undefined, adopt: () => undefined },
    finder: { survey: async () => ({ present: [], found: new Map(), missing: [] }) },
    places: {
      byId: join(dir, "by-id"),
      byPath: join(dir, "by-path"),
      boardTtys: async () => [],
      adapterOf: async () => null,
    },
    config: () => config,
    status: () => quiet,
    version: () => 0,
    apply: async (own) => {
      config = own.config;
      applied.push(own);
    },
    pausePorts: async () => () => undefined,
    ...change,
  };
  const nowMs = Date.parse("2026-11-25T00:00:00Z");
  const web = await openWeb({
    config: { host, port: 0, names: ["box.example"] },
    parts,
    pages,
    systemMs: () => nowMs,
    ...(openLine === undefined ? {} : { openLine }),
  });
  const { protocol, hostname, port, host: name } = new URL(web.url);
  const send = protocol === "https:" ? httpsRequest : httpRequest;
  const ask: WebUnderTest["ask"] = (path, { method = "GET", headers = {}, body, raw } = {}) =>
    new Promise((resolve, reject) => {
      const text = raw ?? (body === undefined ? undefined : JSON.stringify(body));
      const json: Record<string, string> = text === undefined ? {} : { "content-type": "application/json" };
      const request = send(
        {
          ...{ hostname, port, path, method, rejectUnauthorized: false, agent: false },
          headers: { host: name, ...json, ...headers },
        },
        (response) => {
          let answered = "";
          response.setEncoding("utf8").on("data", (piece: string) => (answered += piece));
          response.on("end", () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, text: answered }),
          );
          if (response.headers["content-type"]?.startsWith("text/event-stream") !== true) return;
          // A stream of events never ends by itself: how things stand at its beginning is enough.
          response.on("data", () => {
            if (!/event: detection\ndata: .*\n/.test(answered)) return;
            resolve({ status: response.statusCode ?? 0, headers: response.headers, text: answered });
            request.destroy();
          });
        },
      );
      request.on("error", reject);
      request.end(text);
    });
  const newCode = (): Promise<string> => new SetupCode(dir, () => nowMs).make();
  const enter = async (): Promise<string> => {
    const { headers } = await ask("/setup/session", { method: "POST", body: { code: await newCode() } });
    return (headers["set-cookie"]?.[0] ?? "").split(";")[0] ?? "";
  };
  const detected = async (): Promise<SetupDetection> => {
    const cookie = await enter();
    for (;;) {
      const { text } = await ask("/setup/events", { headers: { cookie } });
      const found = JSON.parse(/event: detection\ndata: (.*)\n/.exec(text)?.[1] ?? "{}") as SetupDetection;
      if (found.state === "done") return found;
      await settle();
      clock.advance(250);
    }
  };
  return {
    ...{ web, dir, file, clock, applied, ask, newCode, enter, detected },
    close: async () => {
      await web.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
};
