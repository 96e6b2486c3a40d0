import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import type { ErrorCode } from "@mingcheng/protocols";
import { mediaHint } from "@mingcheng/protocols/media";
import type { Capture } from "../capture/capture.ts";
import type { ClockStatus } from "../clock/gateway-clock.ts";
import type { CamerasConfig } from "../config/cameras-config.ts";
import type { Alarms } from "../health/alarms.ts";
import type { KeyRing } from "../identity/key-ring.ts";
import type { CameraAnswer, CameraAsk } from "./keeping/camera-ask.ts";
import type { FromCameras, ToCameras, ToldClock } from "./process-messages.ts";
import type { MediaAccess } from "./relay/media-access.ts";
import { StateBook } from "./state-book.ts";

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
    nowMs(): number;
    status(): Pick<ClockStatus, "sync" | "errMs">;
  };
  readonly log: Record<"info" | "warn" | "error", (detail: object, text: string) => void>;
  /** How the centre is reached. */
  readonly access: () => Promise<Pick<MediaAccess, "credential" | "authorities"> & { readonly host: string }>;
  /** Whether a token opens the set-up page. */
  readonly holdsSession: (token: string) => boolean;
  /** Records about cameras: told without waiting, or stored before anybody goes on. */
  readonly records: Pick<Capture, "record" | "store">;
  readonly signer: Pick<KeyRing, "publicKey" | "log" | "sign">;
  readonly alarms: Pick<Alarms, "raise" | "clear">;
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
/** A clip of two hours is copied within this. */
const answerMs = 10 * 60_000;
const mostAsked = 64;

const away = (): CameraAnswer => ({ ok: false, code: "CAMERAS_OFF", message: "no camera process runs" });

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
  readonly #states: StateBook;
  readonly #asked = new Map<number, (answer: CameraAnswer) => void>();
  #asks = 0;

  constructor(ports: CamerasPorts) {
    this.#ports = ports;
    this.#states = new StateBook(() => ports.clock.nowMs());
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
    const channels = new Set(config?.channels.map(({ id }) => id));
    for (const { channel, body } of this.#states.keepOnly(channels)) {
      this.#ports.records.record("camera", body, channel);
    }
    if (config !== undefined && config.channels.length > 0) this.#start(config);
  }

  #clock(): ToldClock {
    const { clock } = this.#ports;
    const { sync, errMs } = clock.status();
    return { aheadMs: Date.parse(clock.wall()) - Date.now(), sync, errMs };
  }

  /** Has something done by the camera process. Never rejects. */
  ask(ask: CameraAsk): Promise<CameraAnswer> {
    const child = this.#child;
    if (child === undefined || this.#asked.size >= mostAsked) return Promise.resolve(away());
    const id = this.#asks++;
    return new Promise((resolve) => {
      const answered = (answer: CameraAnswer): void => {
        cancel();
        this.#asked.delete(id);
        resolve(answer);
      };
      const cancel = this.#ports.clock.after(answerMs, () => answered(away()));
      this.#asked.set(id, answered);
      this.#tell(child, { type: "ask", id, ask });
    });
  }

  /** A device stored a record: what the cameras that see it show is kept with it. */
  event(device: string, cause: "test" | "weighing", ref: string): void {
    if (this.#child !== undefined) this.#tell(this.#child, { type: "event", device, cause, ref });
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
      for (const answered of [...this.#asked.values()]) answered(away());
      if (this.#ended) return;
      if (performance.now() - startedMs > steadyMs) this.#failures = 0;
      const waitMs = restartMs[Math.min(this.#failures++, restartMs.length - 1)] ?? 30_000;
      log.error({ code, signal, waitMs }, "cameras: the process ended; it is started again");
      this.#cancel = clock.after(waitMs, () => this.#start(config));
    });
    this.#tell(child, { type: "start", gw, dataDirectory, config, names: names(), clock: this.#clock() });
    const tellClock = (): void => {
      this.#tell(child, { type: "clock", clock: this.#clock() });
      this.#cancelClock = clock.after(clockEveryMs, tellClock);
    };
    this.#cancelClock();
    this.#cancelClock = clock.after(clockEveryMs, tellClock);
  }

  #tell(child: ChildProcess, message: ToCameras): void {
    if (child.connected) child.send(message, () => undefined);
  }

  #heard(child: ChildProcess, message: FromCameras): void {
    const { log, holdsSession, signer, alarms } = this.#ports;
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
      case "sign": {
        const { id, octets } = message;
        const { publicKey, log: keyLog } = signer;
        this.#tell(child, { type: "signed", id, publicKey, keyLog, signature: signer.sign(octets) });
        return;
      }
      case "answer":
        this.#asked.get(message.id)?.(message.answer);
        return;
      case "alarm":
        if (message.detail === null) alarms.clear(message.code as ErrorCode);
        else alarms.raise(message.code as ErrorCode, message.detail);
        return;
      case "record":
        void this.#store(child, message);
        return;
      case "state":
        this.#changed(message);
    }
  }

  /** Stored first, then acknowledged: what was deleted is told, or asked to be told again. */
  async #store(child: ChildProcess, { id, channel, body }: FromCameras & { type: "record" }): Promise<void> {
    const ok = await this.#ports.records.store("camera", body, channel).then(
      () => true,
      (error: unknown) => {
        this.#ports.log.warn({ channel, event: body.event, error: String(error) }, "cameras: not stored yet");
        return false;
      },
    );
    this.#tell(child, { type: "stored", id, ok });
  }

  #changed(message: FromCameras & { type: "state" }): void {
    const { log, records } = this.#ports;
    const { channel, state, reason } = message;
    log.info({ channel, state, reason }, "cameras: a camera's state changed");
    const body = this.#states.take(message);
    if (body !== undefined) records.record("camera", body, channel);
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
