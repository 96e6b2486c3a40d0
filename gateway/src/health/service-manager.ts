import { execFile } from "node:child_process";
import { type CaptureSigns, CaptureWatch } from "./capture-watch.ts";
import type { GatewayStatus } from "./status-schema.ts";

/** Captures that wait for so long, without a commit and without a fault, are stuck. */
const captureStallMs = 120_000;
const readyLookMs = 1_000;

/** What the service manager is told of. */
export interface ServiceSubject {
  readonly state: GatewayStatus["outbox"]["state"];
  readonly signs: CaptureSigns;
}

/** What telling it needs. */
export interface ServiceOptions {
  readonly subject: () => ServiceSubject;
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
  /** It captures. Also said by itself once the disk has refused: the process lives then, and says so. */
  ready(): Promise<void>;
  /** It was asked to stop; nothing is said after this. */
  stopping(): Promise<void>;
}

const words: Readonly<Record<ServiceSubject["state"], string>> = {
  opening: "正在启动 / starting",
  ok: "采集正常 / captures",
  full: "磁盘已满，无法采集 / the disk is full, nothing is captured",
  "read-only": "磁盘只读，无法采集 / the disk is read-only, nothing is captured",
  "io-error": "磁盘出错，无法采集 / the disk fails, nothing is captured",
};

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
const watchdogEveryMs = (env: NodeJS.ProcessEnv): number | undefined => {
  const { WATCHDOG_USEC: microseconds, WATCHDOG_PID: pid } = env;
  if (microseconds === undefined || (pid !== undefined && pid !== process.pid.toString())) return undefined;
  const halfMs = Number(microseconds) / 2_000;
  return Number.isFinite(halfMs) && halfMs > 0 ? halfMs : undefined;
};

/**
 * Talks to the service manager as sd_notify(3) says: ready, what it does, stopping, and the watchdog's sign of life, which is
 * left out once captures are stuck; a hung event loop leaves it out by itself. Programs that this process starts do not
 * inherit the socket. Undefined where nobody wants to hear (`NOTIFY_SOCKET` is not set).
 */
export const openServiceManager = (env: NodeJS.ProcessEnv, options: ServiceOptions): ServiceManager | undefined => {
  const { NOTIFY_SOCKET: socket } = env;
  const aliveEveryMs = watchdogEveryMs(env);
  delete env["NOTIFY_SOCKET"];
  delete env["WATCHDOG_USEC"];
  delete env["WATCHDOG_PID"];
  if (socket === undefined || socket === "") return undefined;
  const { subject, nowMs, log, tell = bySystemdNotify(socket), every = onTimer } = options;
  const watch = new CaptureWatch(captureStallMs);
  let isReady = false;
  let isStopping = false;
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
  const statusOf = (): string => `STATUS=${words[subject().state]}`;
  const alive = (): void => {
    if (isStopping) return;
    const isMoving = watch.isMoving(subject().signs, nowMs());
    if (isMoving) void say("WATCHDOG=1", statusOf());
    else if (!isStuck) log.error({ stallMs: captureStallMs }, "service: captures are stuck, the watchdog is not told");
    isStuck = !isMoving;
  };
  const ready = async (): Promise<void> => {
    endLooking();
    if (isReady || isStopping) return;
    isReady = true;
    await say("READY=1", statusOf());
  };
  const endLooking = every(readyLookMs, () => void (subject().state !== "opening" && ready()));
  const endSigns = aliveEveryMs === undefined ? undefined : every(aliveEveryMs, alive);
  return {
    ready,
    stopping: async () => {
      isStopping = true;
      endLooking();
      endSigns?.();
      await say("STOPPING=1");
    },
  };
};
