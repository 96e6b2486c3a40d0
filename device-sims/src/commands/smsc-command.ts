import { randomBytes } from "node:crypto";
import { appendFileSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { startControl } from "../messaging/control-server.ts";
import { keptSecret, writeChannel } from "../messaging/simulator-files.ts";
import { startSmsc } from "../messaging/smpp/smsc.ts";
import { smscDoings } from "../messaging/smpp/smsc-control.ts";
import { normalSmsc, type SmscBehaviour, SmscState } from "../messaging/smpp/smsc-state.ts";
import type { WriteLine } from "./run-command.ts";
import { untilStopped } from "./until-stopped.ts";

/** How the SMS centre is run. */
export interface SmscCommandOptions {
  /** Directory for the password, the control token and `channels.yaml`. */
  readonly dir: string;
  readonly port: number;
  readonly controlPort: number;
  /** PEM files; both, for TLS. */
  readonly key?: string | undefined;
  readonly cert?: string | undefined;
  /** File to which accepted messages are appended; left out: standard output. */
  readonly oracle?: string | undefined;
  readonly seconds?: number | undefined;
  readonly behaviour: Partial<SmscBehaviour>;
}

/** The account that the simulated SMS centre knows. */
export const smscAccount = "mingcheng";

const pem = (path: string | undefined): string | undefined =>
  path === undefined ? undefined : readFileSync(path, "utf8");

/** Settings of the channel that reaches a simulated SMS centre. */
export const smppChannelFor = (dir: string, port: number, cert?: string): Readonly<Record<string, unknown>> => ({
  ...{ type: "smpp", name: "smsc", host: "127.0.0.1", port, systemId: smscAccount },
  ...(cert === undefined ? { tls: false } : { caFile: resolve(cert) }),
  ...{ passwordFile: resolve(dir, "smpp-password"), source: "10690001", signName: "明秤监管" },
});

/** Password of the account, in its file. SMPP 3.4 §5.2.2: at most 8 characters. */
export const smscPassword = (dir: string): string =>
  keptSecret(dir, "smpp-password", () => randomBytes(6).toString("base64url"));

/**
 * Plays an SMS centre that speaks SMPP 3.4 until `signal` aborts or the time is up. First writes one line of JSON:
 * `{"event":"ready","port":…,"control":…,"tokenFile":…,"channels":…}`; then one for each accepted message.
 * @throws {MingchengError} SIM_LINE_FAILED when a port is taken
 */
export const smscCommand = async (
  options: SmscCommandOptions,
  writeLine: WriteLine,
  signal: AbortSignal,
): Promise<void> => {
  const { dir, oracle, seconds, key, cert } = options;
  const write = oracle === undefined ? writeLine : (line: string): void => appendFileSync(oracle, `${line}\n`);
  const state = new SmscState((message) => write(JSON.stringify({ event: "accepted", ...message })));
  state.behaviour = { ...normalSmsc, ...options.behaviour };
  const account = { systemId: smscAccount, password: smscPassword(dir) };
  const smsc = await startSmsc(state, { port: options.port, key: pem(key), cert: pem(cert), ...account });
  const token = keptSecret(dir, "control-token");
  const control = await startControl(smscDoings(state, smsc), token, options.controlPort);
  const channels = writeChannel(dir, smppChannelFor(dir, smsc.port, cert));
  const ready = { port: smsc.port, control: control.url, tokenFile: join(dir, "control-token"), channels };
  writeLine(JSON.stringify({ event: "ready", ...ready }));
  await untilStopped(signal, seconds);
  await Promise.all([control.stop(), smsc.stop()]);
};
