import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { builtModule } from "./repository.ts";
import { type Exit, type RunningProgram, runProgram, startReadyProgram } from "./running-program.ts";

/** Where a running centre listens. */
export interface CentreAddresses {
  readonly mqtts: { readonly host: string; readonly port: number };
  readonly https: { readonly host: string; readonly port: number };
  readonly health: { readonly host: string; readonly port: number };
}

/** How a centre is set up. */
export interface CentreSetup {
  /** Directory for configuration and data; created when missing. */
  readonly dir: string;
  /** Options of the centre's configuration beside the listeners. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Put in front of the command: `["strace", "-f", …]`. */
  readonly wrapper?: readonly string[];
  readonly onOutput?: (text: string) => void;
  /** Entry file of another build of the centre; default: this repository's. */
  readonly main?: string;
}

/** A centre as a process, watched from outside. Ports stay the same over restarts. */
export interface CentreProcess {
  readonly dir: string;
  readonly dataDir: string;
  readonly configFile: string;
  readonly addresses: CentreAddresses;
  readonly program: RunningProgram;
  /** Registers a gateway and returns the code that enrols it. */
  addGateway(gw: string, site?: string): Promise<string>;
  /** Makes a user who may sign in at once; `scope` as at the command line: `["--area", "songbai-st"]`. */
  addUser(name: string, role: string, password: string, scope?: readonly string[]): Promise<void>;
  /** Runs `mingcheng-cloud <args> --data …` and returns what it printed. */
  command(...args: string[]): Promise<string>;
  stop(): Promise<Exit>;
  kill(): Promise<Exit>;
  /** Starts it again after `stop` or `kill`. */
  start(): Promise<void>;
}

const main = "cloud/dist/main.js";
const anyPort = { host: "127.0.0.1", port: 0 };

/** Starts a centre on loopback and waits until it can be used. */
export const startCentre = async (setup: CentreSetup): Promise<CentreProcess> => {
  const dataDir = join(setup.dir, "data");
  const configFile = join(setup.dir, "cloud.yaml");
  const readyFile = join(setup.dir, "ready.json");
  mkdirSync(setup.dir, { recursive: true });
  let addresses: CentreAddresses = { mqtts: anyPort, https: anyPort, health: anyPort };
  const configure = (): void => {
    // JSON is YAML, and needs no quoting rules of its own.
    writeFileSync(configFile, JSON.stringify({ publicHost: "127.0.0.1", ...addresses, ...setup.config }, null, 2));
  };
  const launch = async (): Promise<RunningProgram> => {
    configure();
    const args = [
      setup.main ?? builtModule(main),
      "run",
      "--data",
      dataDir,
      "--config",
      configFile,
      "--ready-file",
      readyFile,
    ];
    const [command = process.execPath, ...rest] = [...(setup.wrapper ?? []), process.execPath, ...args];
    const { program, ready } = await startReadyProgram(
      {
        name: "centre",
        command,
        args: rest,
        ...(setup.env === undefined ? {} : { env: setup.env }),
        ...(setup.wrapper === undefined ? {} : { ownGroup: true }),
        ...(setup.onOutput === undefined ? {} : { onOutput: setup.onOutput }),
      },
      readyFile,
      60_000,
    );
    addresses = ready as unknown as CentreAddresses;
    addresses = { mqtts: addresses.mqtts, https: addresses.https, health: addresses.health };
    return program;
  };
  let program = await launch();
  const command = (args: readonly string[], input?: string): Promise<string> =>
    runProgram({
      name: `mingcheng-cloud ${args[0] ?? ""}`,
      command: process.execPath,
      args: [setup.main ?? builtModule(main), ...args, "--data", dataDir, "--config", configFile],
      env: { LANG: "en_GB.UTF-8", ...setup.env },
      ...(input === undefined ? {} : { input }),
    });
  return {
    dir: setup.dir,
    dataDir,
    configFile,
    get addresses() {
      return addresses;
    },
    get program() {
      return program;
    },
    addGateway: async (gw, site) => {
      const text = await command(["gateway", "add", gw, ...(site === undefined ? [] : ["--site", site]), "--json"]);
      return (JSON.parse(text) as { code: string }).code;
    },
    addUser: async (name, role, password, scope = []) => {
      await command(["user", "add", name, "--role", role, ...scope, "--password-stdin"], `${password}\n`);
    },
    command: (...args) => command(args),
    stop: () => program.stop(),
    kill: () => program.kill(),
    start: async () => {
      program = await launch();
    },
  };
};
