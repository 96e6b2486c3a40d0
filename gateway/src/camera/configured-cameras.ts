import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { mediaHint } from "@mingcheng/protocols/media";
import type { CamerasConfig } from "../config/cameras-config.ts";
import type { FromCameras, ToCameras } from "./process-messages.ts";
import type { MediaAccess } from "./relay/centre-link.ts";

/** What cameras need of the gateway. */
export interface CamerasPorts {
  readonly gw: string;
  readonly dataDirectory: string;
  readonly names: () => readonly string[];
  readonly clock: {
    wall(): string;
    after(delayMs: number, task: () => void): () => void;
    isBehind(): boolean;
    floorMs(): number;
  };
  readonly log: Record<"info" | "warn" | "error", (detail: object, text: string) => void>;
  /** How the centre is reached. */
  readonly access: () => Promise<Pick<MediaAccess, "credential" | "authorities"> & { readonly host: string }>;
  /** Whether a token opens the set-up page. */
  readonly holdsSession: (token: string) => boolean;
  /** A camera's state changed. */
  readonly onState?: (change: FromCameras & { readonly type: "state" }) => void;
}

const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
const entry = fileURLToPath(new URL(`./camera-process-entry.${extension}`, import.meta.url));

const parsed = (payload: Uint8Array): unknown => {
  try {
    return payload.length > 1_024 ? undefined : JSON.parse(Buffer.from(payload).toString("utf8"));
  } catch {
    return undefined;
  }
};

const restartMs = [1_000, 5_000, 30_000] as const;
const steadyMs = 60_000;
const closeMs = 3_000;
const clockEveryMs = 10_000;

/** The camera process as configured, or none: started, watched over, started again, ended with the gateway. */
export class ConfiguredCameras {
  readonly #ports: CamerasPorts;
  #config: CamerasConfig | undefined;
  #child: ChildProcess | undefined;
  #ended = false;
  #failures = 0;
  #cancel = (): void => undefined;
  #cancelClock = (): void => undefined;
  #viewPort: number | null = null;

  constructor(ports: CamerasPorts) {
    this.#ports = ports;
  }

  /** Where local viewers connect; null: nowhere, or not yet. */
  get viewPort(): number | null {
    return this.#viewPort;
  }

  /** Runs with another configuration; nothing happens when it is the same. */
  async reconfigure(config: CamerasConfig | undefined): Promise<void> {
    if (this.#ended || isDeepStrictEqual(config, this.#config)) return;
    this.#config = config;
    await this.#stop();
    if (config !== undefined && config.channels.length > 0) this.#start(config);
  }

  #aheadMs(): number {
    return Date.parse(this.#ports.clock.wall()) - Date.now();
  }

  #start(config: CamerasConfig): void {
    const { gw, dataDirectory, log, names, clock } = this.#ports;
    // No address and no password in the arguments, nothing of our environment that the process does not need.
    const child = fork(entry, [], {
      execArgv: [
        ...process.execArgv.filter((argument) => !argument.startsWith("--max")),
        `--max-old-space-size=${config.memoryMiB}`,
        "--max-semi-space-size=4",
      ],
      env: { PATH: process.env["PATH"], TZ: process.env["TZ"], NODE_PATH: process.env["NODE_PATH"] },
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      serialization: "advanced",
    });
    this.#child = child;
    const startedMs = performance.now();
    child.on("error", (error) => log.error({ error: error.message }, "cameras: the process could not be started"));
    child.on("message", (message: FromCameras) => this.#heard(child, message));
    child.once("exit", (code, signal) => {
      if (this.#child !== child) return;
      this.#child = undefined;
      this.#viewPort = null;
      if (this.#ended) return;
      if (performance.now() - startedMs > steadyMs) this.#failures = 0;
      const waitMs = restartMs[Math.min(this.#failures++, restartMs.length - 1)] ?? 30_000;
      log.error({ code, signal, waitMs }, "cameras: the process ended; it is started again");
      this.#cancel = clock.after(waitMs, () => this.#start(config));
    });
    this.#tell(child, { type: "start", gw, dataDirectory, config, names: names(), aheadMs: this.#aheadMs() });
    const tellClock = (): void => {
      this.#tell(child, { type: "clock", aheadMs: this.#aheadMs() });
      this.#cancelClock = clock.after(clockEveryMs, tellClock);
    };
    this.#cancelClock();
    this.#cancelClock = clock.after(clockEveryMs, tellClock);
  }

  #tell(child: ChildProcess, message: ToCameras): void {
    if (child.connected) child.send(message, () => undefined);
  }

  #heard(child: ChildProcess, message: FromCameras): void {
    const { log, holdsSession, onState } = this.#ports;
    switch (message.type) {
      case "ready":
        this.#viewPort = message.viewPort;
        log.info({ pid: child.pid, viewPort: message.viewPort }, "cameras: the process runs");
        return;
      case "refused":
        log.error({ code: message.code, error: message.message }, "cameras: the process cannot work");
        return;
      case "log":
        log[message.level](message.detail, message.text);
        return;
      case "session":
        this.#tell(child, { type: "session", id: message.id, holds: holdsSession(message.token) });
        return;
      case "state":
        log.info(
          { channel: message.channel, state: message.state, reason: message.reason },
          "cameras: a camera's state changed",
        );
        onState?.(message);
    }
  }

  /** The centre says that somebody watches: its media door is dialled. What is not understood is passed over. */
  async hint(payload: Uint8Array): Promise<void> {
    const read = mediaHint.safeParse(parsed(payload));
    const child = this.#child;
    if (child === undefined || !read.success) return;
    const { port } = read.data;
    const { access, gw, clock } = this.#ports;
    const { host, credential, authorities } = await access();
    const trust = { clockIsBehind: clock.isBehind(), floorMs: clock.floorMs() };
    this.#tell(child, { type: "dial", access: { gw, host, port, credential, authorities, ...trust } });
  }

  async #stop(): Promise<void> {
    this.#cancel();
    this.#cancelClock();
    const child = this.#child;
    this.#child = undefined;
    this.#viewPort = null;
    if (child === undefined) return;
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    if (child.connected) child.disconnect();
    const timer = setTimeout(() => child.kill("SIGKILL"), closeMs);
    await ended;
    clearTimeout(timer);
  }

  async close(): Promise<void> {
    this.#ended = true;
    await this.#stop();
  }
}
