import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { startControl } from "../messaging/control-server.ts";
import { SimulatedModem } from "../messaging/modem/modem.ts";
import { modemDoings } from "../messaging/modem/modem-control.ts";
import { type ModemBehaviour, ModemState, normalModem } from "../messaging/modem/modem-state.ts";
import { keptSecret, writeChannel } from "../messaging/simulator-files.ts";
import { openLine } from "../transports/open-line.ts";
import type { WriteLine } from "./run-command.ts";
import { untilStopped } from "./until-stopped.ts";

/** How the modem is run. */
export interface ModemCommandOptions {
  /** Directory for the port, the PIN, the control token and `channels.yaml`. */
  readonly dir: string;
  readonly controlPort: number;
  /** File to which accepted messages are appended; left out: standard output. */
  readonly oracle?: string | undefined;
  readonly seconds?: number | undefined;
  readonly behaviour: Partial<ModemBehaviour>;
}

/** Settings of the channel that uses a simulated modem. */
export const modemChannelFor = (dir: string): Readonly<Record<string, unknown>> => ({
  ...{ type: "gsm-modem", name: "modem", path: resolve(dir, "modem"), pinFile: resolve(dir, "sim-pin") },
  signName: "明秤监管",
});

/**
 * Plays a GSM modem on a serial port (a pseudo-terminal, `<dir>/modem`) until `signal` aborts or the time is up. First
 * writes one line of JSON: `{"event":"ready","port":…,"control":…,"tokenFile":…,"channels":…}`; then one for each message
 * that its network took. @throws {MingchengError} SIM_LINE_FAILED when the port cannot be made
 */
export const modemCommand = async (
  options: ModemCommandOptions,
  writeLine: WriteLine,
  signal: AbortSignal,
): Promise<void> => {
  const { dir, oracle, seconds } = options;
  mkdirSync(dir, { recursive: true });
  const write = oracle === undefined ? writeLine : (line: string): void => appendFileSync(oracle, `${line}\n`);
  const state = new ModemState((message) => write(JSON.stringify({ event: "accepted", ...message })));
  state.behaviour = { ...normalModem, ...options.behaviour };
  writeFileSync(join(dir, "sim-pin"), `${state.behaviour.pin}\n`, { mode: 0o600 });
  const port = resolve(dir, "modem");
  const line = await openLine(`pty:${port}`);
  const modem = new SimulatedModem(state, line);
  const token = keptSecret(dir, "control-token");
  const control = await startControl(modemDoings(state, modem), token, options.controlPort);
  const ready = { port, control: control.url, tokenFile: join(dir, "control-token") };
  writeLine(JSON.stringify({ event: "ready", ...ready, channels: writeChannel(dir, modemChannelFor(dir)) }));
  await untilStopped(signal, seconds);
  await control.stop();
  await line.close();
};
