import { existsSync } from "node:fs";
import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Gateway } from "../app.ts";
import type { Language } from "../config/config-issue.ts";
import { issueText, readGatewayConfig } from "../config/load-config.ts";
import { configurationPath } from "../configuration/configuration-path.ts";
import type { LocalConfiguration, StartConfiguration } from "../configuration/start-configuration.ts";
import type { ServiceManager } from "../health/service-manager.ts";
import type { WriteLine } from "./check.ts";

/** Options of `mingcheng-gateway run`. */
export interface RunOptions {
  readonly config: string;
  /** Written, atomically, once the gateway captures. */
  readonly readyFile?: string | undefined;
}

/** Says under the data directory where the running gateway serves its state; `status` looks there. */
export const runningFile = (dataDirectory: string): string => join(dataDirectory, "running.json");

/** A stop that takes longer is cut short: what was acknowledged is on disk already. */
const stopWithinMs = 4_800;

const writeAtomically = async (path: string, value: unknown): Promise<void> => {
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, `${JSON.stringify(value)}\n`, { mode: 0o600 });
  await rename(temporary, path);
};

/** A gateway that was never configured from afar does not load what that takes. */
const startWith = async (local: LocalConfiguration): Promise<StartConfiguration> => {
  if (!existsSync(configurationPath(local.config.data))) return { config: local.config, version: 0 };
  const { startConfiguration } = await import("../configuration/start-configuration.ts");
  return startConfiguration(local);
};

/** Whoever was not started by a service manager does not load what talks to one. */
const openService = async (gateway: Gateway): Promise<ServiceManager | undefined> => {
  if (process.env["NOTIFY_SOCKET"] === undefined) return undefined;
  const { openServiceManager } = await import("../health/service-manager.ts");
  return openServiceManager(process.env, gateway.serviceOptions());
};

const stopAsked = (): Promise<void> =>
  new Promise((resolve) => {
    for (const name of ["SIGTERM", "SIGINT"] as const) process.once(name, () => resolve());
  });

/**
 * Runs the gateway until SIGTERM or SIGINT. Returns the exit code: 0 after a clean stop, 1 when the configuration is not
 * valid.
 * @throws {MingchengError} whatever keeps it from capturing for good
 */
export const runGateway = async (options: RunOptions, language: Language, writeError: WriteLine): Promise<number> => {
  const asked = stopAsked();
  const read = await readGatewayConfig(options.config);
  if ("issues" in read) {
    for (const issue of read.issues) writeError(issueText(options.config, issue, language));
    return 1;
  }
  const start = await startWith(read);
  const gateway = await Gateway.open(start.config, undefined, undefined, {
    ...{ local: read, version: start.version, file: options.config },
  });
  const service = await openService(gateway);
  const running = runningFile(read.config.data);
  const stop = async (): Promise<void> => {
    setTimeout(() => process.exit(1), stopWithinMs).unref();
    await service?.stopping();
    await gateway.stop();
    await rm(running, { force: true }).catch(() => undefined);
  };
  const stopped = asked.then(stop);
  try {
    const ready = await gateway.start();
    if (ready !== undefined) {
      // On a full disk this file may be missing; the gateway captures without it.
      await writeAtomically(running, ready).catch(() => undefined);
      if (options.readyFile !== undefined) await writeAtomically(options.readyFile, ready);
      await service?.ready();
    }
  } catch (error) {
    await stop();
    throw error;
  }
  await stopped;
  return 0;
};
