import { existsSync } from "node:fs";
import { hostname } from "node:os";
import type { SetupValue } from "@mingcheng/protocols";
import { isLoopback, type WebConfig } from "../config/web-config.ts";
import type { DetectPorts } from "../detect/detect-port.ts";
import { LoginGuard, loginLimits } from "../intake/login-guard.ts";
import { certificateOf, fingerprintOf } from "./certificate-file.ts";
import { EventStreams } from "./event-streams.ts";
import { LastValues } from "./last-values.ts";
import { pageDirectory, pageFiles } from "./page-files.ts";
import { Sessions } from "./sessions.ts";
import { SetupCode, webDirectory } from "./setup-code.ts";
import { SetupService } from "./setup-service.ts";
import type { WebParts } from "./web-parts.ts";
import { openWebServer } from "./web-server.ts";

/** What opens the local web; what is not given is the system's own. */
export interface WebOptions {
  readonly config: WebConfig;
  readonly parts: WebParts;
  /** Opens a line to be detected. */
  readonly openLine?: DetectPorts["open"];
  /** Where the built page is. */
  readonly pages?: string;
  /** Milliseconds since 1970, by the clock of the box. */
  readonly systemMs?: () => number;
}

/** The running local web. */
export interface Web {
  /** `https://0.0.0.0:8099`. */
  readonly url: string;
  /** Whether a session's token is good; asking keeps the session alive. */
  holds(token: string): boolean;
  /** An unsettled value came off the wire, or a record was captured. */
  show(value: SetupValue): void;
  close(): Promise<void>;
}

/** How often open pages are told how the gateway stands. */
const tellEveryMs = 1_000;

const urlOf = (secure: boolean, host: string, port: number): string =>
  `${secure ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${port}`;

/** At the very first start the code stands in the log, once; from then on `setup-code` makes them. */
const firstCode = async (code: SetupCode, { dataDirectory, log }: WebParts): Promise<void> => {
  if (existsSync(webDirectory(dataDirectory))) return;
  log.warn({ setupCode: await code.make() }, "web: code that opens the set-up page, valid once, for 24 hours");
};

/**
 * Opens the local web: the set-up page behind a code. Plain HTTP on loopback, TLS with a certificate made here elsewhere.
 * @throws {MingchengError} LISTEN_FAILED; the system's error when the data directory cannot be written
 */
export const openWeb = async (options: WebOptions): Promise<Web> => {
  const { config, parts, systemMs = Date.now } = options;
  const { log, clock, dataDirectory } = parts;
  const secure = !isLoopback(config.host);
  const code = new SetupCode(dataDirectory, systemMs);
  await firstCode(code, parts);
  const certificate = secure ? await certificateOf(dataDirectory, config.names, Date.parse(clock.wall())) : null;
  const streams = new EventStreams();
  const service = new SetupService(parts, streams, options.openLine);
  const values = new LastValues();
  const sessions = new Sessions(() => clock.nowMs());
  const own = hostname().toLowerCase();
  const server = await openWebServer(config, certificate, {
    ...{ secure, service, code, streams, values, log },
    sessions,
    guard: new LoginGuard(loginLimits, () => clock.nowMs()),
    names: { secure, names: new Set([...config.names, own, `${own}.local`]), anyAddress: secure },
    files: pageFiles(options.pages ?? pageDirectory),
    onFault: (error) => log.error({ err: error }, "web: a request could not be answered"),
  });
  const url = urlOf(secure, config.host, server.port);
  const shown = certificate === null ? {} : { fingerprint: fingerprintOf(certificate.certPem) };
  log.info({ url, ...shown }, "web: the set-up page is served");
  let cancel = (): void => undefined;
  const tell = (): void => {
    if (streams.count > 0) streams.tell("state", service.state());
    cancel = clock.after(tellEveryMs, tell);
  };
  tell();
  return {
    url,
    holds: (token) => sessions.holds(token, true),
    show: (value) => {
      values.keep(value);
      streams.tell("value", value);
    },
    close: async () => {
      cancel();
      await service.detection.stop();
      streams.close();
      await server.close();
    },
  };
};
