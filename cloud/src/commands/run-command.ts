import { MingchengError } from "@mingcheng/protocols";
import { destination, type Logger, pino } from "pino";
import { type Centre, startCentre } from "../app.ts";
import { loadCloudConfig } from "../config/cloud-config.ts";
import type { ServiceManager, ServiceSigns } from "../health/service-manager.ts";
import type { DataOptions } from "./data-options.ts";
import { inLanguage } from "./language.ts";

/** Resolves at SIGTERM or SIGINT. A second signal ends the process at once. */
const stopAsked = (): Promise<NodeJS.Signals> =>
  new Promise((resolve) => {
    let asked = false;
    for (const name of ["SIGTERM", "SIGINT"] as const) {
      process.on(name, () => {
        if (asked) process.exit(1);
        asked = true;
        resolve(name);
      });
    }
  });

/** Whoever was not started by a service manager does not load what talks to one. Before threads are started: they copy `env`. */
const openService = async (log: Logger, signs: () => ServiceSigns): Promise<ServiceManager | undefined> => {
  if (process.env["NOTIFY_SOCKET"] === undefined) return undefined;
  const { openServiceManager } = await import("../health/service-manager.ts");
  return openServiceManager(process.env, { signs, nowMs: () => performance.now(), log });
};

const showFirstLogin = (user: string, password: string): void => {
  const text = inLanguage(
    `首次启动，已创建管理员。用户名：${user}  一次性密码：${password}\n（只显示这一次，登录后请修改）\n`,
    `First start: an administrator was made. User: ${user}  one-time password: ${password}\n(shown only now; change it after signing in)\n`,
  );
  process.stdout.write(text);
};

/** Runs the centre until it is asked to stop. @throws {MingchengError} what kept it from starting, or ended it */
export const runCommand = async (options: DataOptions & { readonly readyFile?: string }): Promise<void> => {
  const config = await loadCloudConfig(options.config);
  // Standard output is for people and scripts; the log goes to standard error.
  const log: Logger = pino({ level: config.log.level, base: null }, destination({ dest: 2, sync: false }));
  const stop = stopAsked();
  let fail: (error: Error) => void = () => undefined;
  const failure = new Promise<never>((_resolve, reject) => {
    fail = reject;
  });
  failure.catch(() => undefined);
  const starting: ServiceSigns = { pending: 0, commits: 0, fault: null };
  let running: Centre | undefined;
  const service = await openService(log, () => running?.signs() ?? starting);
  const centre = await startCentre({
    dataDirectory: options.data,
    config,
    readyFile: options.readyFile,
    log,
    onFailure: fail,
  });
  running = centre;
  if (centre.firstLogin !== null) showFirstLogin(centre.firstLogin.user, centre.firstLogin.password);
  await service?.ready();
  try {
    const signal = await Promise.race([stop, failure]);
    log.info({ signal }, "stopping");
  } catch (cause) {
    log.fatal({ error: String(cause) }, "a part of the centre ended");
    throw cause instanceof MingchengError
      ? cause
      : new MingchengError("CENTRE_FAULT", cause instanceof Error ? cause.message : String(cause), { cause });
  } finally {
    await service?.stopping();
    await centre.close();
    log.flush();
  }
};
