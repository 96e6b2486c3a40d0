import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { builtModule } from "./repository.ts";
import { type Exit, type RunningProgram, runProgram, startReadyProgram } from "./running-program.ts";

/** One device in a gateway's configuration. */
export interface ConfiguredDevice {
  readonly id: string;
  readonly protocol: string;
  readonly address: string;
  readonly silentAfterMs?: number;
  readonly options?: Readonly<Record<string, unknown>>;
}

/** How a gateway is set up. */
export interface GatewaySetup {
  /** Directory for configuration and data; created when missing. */
  readonly dir: string;
  readonly gw: string;
  readonly devices: readonly ConfiguredDevice[];
  /** Address of the broker when it differs from the enrolled one (a link that can be cut). */
  readonly centre?: { readonly host: string; readonly port: number };
  readonly outbox?: Readonly<Record<string, unknown>>;
  /** The LAN intake, as in the gateway's configuration. */
  readonly intake?: Readonly<Record<string, unknown>>;
  /** Other options of the gateway's configuration. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Entry file of another build of the gateway; default: this repository's. */
  readonly main?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly wrapper?: readonly string[];
  readonly onOutput?: (text: string) => void;
}

/** A gateway as a process, watched from outside. */
export interface GatewayProcess {
  readonly gw: string;
  readonly dir: string;
  readonly dataDir: string;
  readonly configFile: string;
  readonly health: { readonly host: string; readonly port: number };
  /** The line it opened at its last start. */
  readonly line: { readonly ep: number; readonly eid: string };
  readonly program: RunningProgram;
  /** What `/status` answers now. @throws when the gateway is not running */
  status(): Promise<Readonly<Record<string, unknown>>>;
  command(...args: string[]): Promise<string>;
  stop(): Promise<Exit>;
  kill(): Promise<Exit>;
  start(): Promise<void>;
}

const main = "gateway/dist/main.js";

/** Enrols the data directory of a gateway that is still to be started; `entry`: of another build of the gateway. */
export const enrolGateway = async (dir: string, code: string, entry: string = builtModule(main)): Promise<void> => {
  mkdirSync(dir, { recursive: true });
  await runProgram({
    name: "mingcheng-gateway enrol",
    command: process.execPath,
    args: [entry, "enrol", "--code", code, "--data", join(dir, "data")],
    env: { LANG: "en_GB.UTF-8" },
  });
};

/** Starts an enrolled gateway and waits until it captures. */
export const startGateway = async (setup: GatewaySetup): Promise<GatewayProcess> => {
  const dataDir = join(setup.dir, "data");
  const configFile = join(setup.dir, "gateway.yaml");
  const readyFile = join(setup.dir, "ready.json");
  mkdirSync(setup.dir, { recursive: true });
  const { centre, outbox, intake } = setup;
  const devices = setup.devices.map((device) => ({
    ...device,
    ...(device.address.startsWith("tcp://") ? { insecureTransport: true } : {}),
  }));
  const config = {
    data: dataDir,
    health: { host: "127.0.0.1", port: 0 },
    ...(centre === undefined ? {} : { centre }),
    ...(outbox === undefined ? {} : { outbox }),
    ...(intake === undefined ? {} : { intake }),
    ...setup.config,
    devices,
  };
  writeFileSync(configFile, JSON.stringify(config, null, 2));
  let ready: Pick<GatewayProcess, "health" | "line">;
  const launch = async (): Promise<RunningProgram> => {
    const args = [setup.main ?? builtModule(main), "run", "--config", configFile, "--ready-file", readyFile];
    const [command = process.execPath, ...rest] = [...(setup.wrapper ?? []), process.execPath, ...args];
    const started = await startReadyProgram(
      {
        name: `gateway ${setup.gw}`,
        command,
        args: rest,
        ...(setup.env === undefined ? {} : { env: setup.env }),
        ...(setup.wrapper === undefined ? {} : { ownGroup: true }),
        ...(setup.onOutput === undefined ? {} : { onOutput: setup.onOutput }),
      },
      readyFile,
      60_000,
    );
    ready = started.ready as unknown as Pick<GatewayProcess, "health" | "line">;
    return started.program;
  };
  let program = await launch();
  return {
    gw: setup.gw,
    dir: setup.dir,
    dataDir,
    configFile,
    get health() {
      return ready.health;
    },
    get line() {
      return ready.line;
    },
    get program() {
      return program;
    },
    status: async () => {
      const answer = await fetch(`http://${ready.health.host}:${ready.health.port}/status`);
      return (await answer.json()) as Record<string, unknown>;
    },
    command: (...args) =>
      runProgram({
        name: `mingcheng-gateway ${args[0] ?? ""}`,
        command: process.execPath,
        args: [setup.main ?? builtModule(main), ...args],
        env: { LANG: "en_GB.UTF-8" },
      }),
    stop: () => program.stop(),
    kill: () => program.kill(),
    start: async () => {
      program = await launch();
    },
  };
};
