import { execFile } from "node:child_process";

/** Messages of gateways that wait for so long, without a commit and without a fault of the store, are stuck. */
const stallMs = 600_000;

/** What shows whether messages get into the ledger. */
export interface ServiceSigns {
  /** Messages that wait for the ledger's writer. */
  readonly pending: number;
  /** Commits since the start. */
  readonly commits: number;
  /** Why nothing can be stored now; null when it can. */
  readonly fault: string | null;
}

/** What telling it needs. */
export interface ServiceOptions {
  readonly signs: () => ServiceSigns;
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
  readonly log: { error(detail: object, message: string): void };
  /** Carries one message; default: systemd's own `systemd-notify`. Rejects when it could not. */
  readonly tell?: (message: readonly string[]) => Promise<void>;
  /** Runs `task` every so often until the returned function is called; default: a timer of this process. */
  readonly every?: (ms: number, task: () => void) => () => void;
}

/** The service manager (systemd) that started this process and wants to hear from it. */
export interface ServiceManager {
  /** Everything can be used; from now on it hears that the centre lives. */
  ready(): Promise<void>;
  /** It was asked to stop; nothing is said after this. */
  stopping(): Promise<void>;
}

/** Node has no datagram sockets of the file system, so that systemd's program has to carry the message. */
const bySystemdNotify =
  (socket: string) =>
  (message: readonly string[]): Promise<void> =>
    new Promise((resolve, reject) => {
      const env = { ...process.env, NOTIFY_SOCKET: socket };
      execFile("systemd-notify", [...message], { env, timeout: 5_000 }, (error) => (error ? reject(error) : resolve()));
    });

const onTimer = (ms: number, task: () => void): (() => void) => {
  const timer = setInterval(task, ms).unref();
  return () => clearInterval(timer);
};

/** Half of what `WatchdogSec=` allows; undefined where it is not set for this process. */
const watchdogEveryMs = ({ WATCHDOG_USEC: microseconds, WATCHDOG_PID: pid }: NodeJS.ProcessEnv): number | undefined => {
  if (microseconds === undefined || (pid !== undefined && pid !== process.pid.toString())) return undefined;
  const halfMs = Number(microseconds) / 2_000;
  return Number.isFinite(halfMs) && halfMs > 0 ? halfMs : undefined;
};

/** True while messages get into the ledger, or are refused by a store that says why; not once neither came for too long. */
const watchStoring = (): ((signs: ServiceSigns, nowMs: number) => boolean) => {
  let commits = -1;
  let movedMs = 0;
  return (signs, nowMs) => {
    if (signs.pending === 0 || signs.fault !== null || signs.commits !== commits) movedMs = nowMs;
    ({ commits } = signs);
    return nowMs - movedMs < stallMs;
  };
};

const statusOf = ({ fault }: ServiceSigns): string =>
  fault === null
    ? "STATUS=正常入账 / stores what gateways send"
    : `STATUS=无法入账，网关保留数据 / nothing can be stored, gateways keep it: ${fault.replaceAll(/\s+/g, " ").slice(0, 200)}`;

/**
 * Talks to the service manager as sd_notify(3) says: ready, what it does, stopping, and the watchdog's sign of life, which is left
 * out once messages are stuck before the ledger; a hung event loop leaves it out by itself. Programs and threads that are started
 * after this call do not see the socket. Undefined where nobody wants to hear (`NOTIFY_SOCKET` is not set).
 */
export const openServiceManager = (env: NodeJS.ProcessEnv, options: ServiceOptions): ServiceManager | undefined => {
  const { NOTIFY_SOCKET: socket } = env;
  const aliveEveryMs = watchdogEveryMs(env);
  for (const name of ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"]) delete env[name];
  if (socket === undefined || socket === "") return undefined;
  const { signs, nowMs, log, tell = bySystemdNotify(socket), every = onTimer } = options;
  const isStoring = watchStoring();
  let endSigns: (() => void) | undefined;
  let isStuck = false;
  let failed = false;
  const say = async (...message: string[]): Promise<void> => {
    try {
      await tell(message);
      failed = false;
    } catch (error) {
      if (!failed) log.error({ error: String(error) }, "service: systemd could not be told; is systemd-notify there?");
      failed = true;
    }
  };
  const alive = (): void => {
    const now = signs();
    const isMoving = isStoring(now, nowMs());
    if (isMoving) void say("WATCHDOG=1", statusOf(now));
    else if (!isStuck)
      log.error({ stallMs }, "service: messages are stuck before the ledger, the watchdog is not told");
    isStuck = !isMoving;
  };
  return {
    ready: async () => {
      await say("READY=1", statusOf(signs()));
      if (aliveEveryMs !== undefined) endSigns ??= every(aliveEveryMs, alive);
    },
    stopping: async () => {
      endSigns?.();
      await say("STOPPING=1");
    },
  };
};
