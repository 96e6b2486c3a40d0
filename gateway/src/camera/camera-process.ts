import { watchFile } from "node:fs";
import { join } from "node:path";
import { MingchengError } from "@mingcheng/protocols";
import { isLoopback } from "../config/web-config.ts";
import { certificateOf } from "../web/certificate-file.ts";
import { ffmpegDecoder } from "./decode/decode-job.ts";
import { CameraSubnets } from "./discovery/camera-subnets.ts";
import type { FromCameras, ToCameras } from "./process-messages.ts";
import { type Reviewer, reviewerOf } from "./recording/reviewer.ts";
import { CentreLink } from "./relay/centre-link.ts";
import { Channels } from "./relay/channels.ts";
import { ShownChannels } from "./relay/shown-channels.ts";
import { openViewDoor, type ViewDoor } from "./relay/view-door.ts";
import { ViewLog } from "./relay/view-log.ts";
import { CameraPasswords, passwordFile } from "./secrets/camera-passwords.ts";

const after = (delayMs: number, task: () => void): (() => void) => {
  const timer = setTimeout(task, Math.min(delayMs, 2_147_483_647));
  return () => clearTimeout(timer);
};

const sessionAnswerMs = 5_000;

/** Everything of cameras, wired: sessions, health, viewers here and at the centre. */
export class CameraProcess {
  readonly #start: ToCameras & { readonly type: "start" };
  readonly #say: (message: FromCameras) => void;
  readonly #asked = new Map<number, (holds: boolean) => void>();
  #questions = 0;
  #aheadMs: number;
  #channels: Channels | undefined;
  #link: CentreLink | undefined;
  #door: ViewDoor | undefined;

  constructor(start: ToCameras & { readonly type: "start" }, say: (message: FromCameras) => void) {
    this.#start = start;
    this.#say = say;
    this.#aheadMs = start.aheadMs;
  }

  /** @throws {MingchengError} CAMERA_PASSWORDS_DAMAGED, LISTEN_FAILED; the system's error */
  async start(): Promise<void> {
    const { config, dataDirectory } = this.#start;
    // A file that cannot be used is said at the start, not at the first viewer.
    await CameraPasswords.open(dataDirectory);
    const clock = { nowMs: () => performance.now(), wallMs: () => this.#wallMs(), after };
    const channels = new Channels({
      ...{ channels: config.channels, subnets: new CameraSubnets(config.subnets), clock, random: Math.random },
      password: async (channel) => (await CameraPasswords.open(dataDirectory)).get(channel),
      onState: (channel, quality, change) => this.#say({ type: "state", channel, quality, ...change }),
    });
    this.#channels = channels;
    this.#watchPasswords(channels);
    const { nowMs } = clock;
    const log = (level: "info" | "warn", text: string, detail: object): void =>
      this.#say({ type: "log", level, text, detail });
    const review = reviewerOf(() => undefined, { ...clock, onFault: (error) => this.#fault(error) });
    const shown = new ShownChannels({ ...clock, channels, decoder: ffmpegDecoder() });
    this.#link = new CentreLink({ shown, review, nowMs, after, log });
    if (config.view !== undefined) this.#door = await this.#openDoor(config.view, { channels, shown, review });
    this.#say({ type: "ready", viewPort: this.#door?.port ?? null });
  }

  /** A password that was set beside the running gateway is tried at once. */
  #watchPasswords(channels: Channels): void {
    const path = join(this.#start.dataDirectory, passwordFile);
    watchFile(path, { interval: 1_000, persistent: false }, (now, before) => {
      if (now.mtimeMs !== before.mtimeMs) channels.retryNow();
    });
  }

  async #openDoor(
    { host, port }: { host: string; port: number },
    parts: { readonly channels: Channels; readonly shown: ShownChannels; readonly review: Reviewer },
  ): Promise<ViewDoor> {
    const { dataDirectory, names, gw } = this.#start;
    const certificate = isLoopback(host) ? null : await certificateOf(dataDirectory, names, this.#wallMs());
    return openViewDoor({
      ...{ host, port, certificate, names, gw, ...parts, after },
      log: new ViewLog(join(dataDirectory, "views.jsonl"), (error) => this.#fault(error)),
      holdsSession: (token) => this.#ask(token),
      nowMs: () => performance.now(),
      wallMs: () => this.#wallMs(),
      onFault: (error) => this.#fault(error),
    });
  }

  #wallMs(): number {
    return Date.now() + this.#aheadMs;
  }

  #fault(error: unknown): void {
    const code = error instanceof MingchengError ? { code: error.code } : {};
    const detail = { ...code, error: error instanceof Error ? error.message : String(error) };
    this.#say({ type: "log", level: "error", text: "cameras: something failed", detail });
  }

  #ask(token: string): Promise<boolean> {
    const id = this.#questions++;
    return new Promise((resolve) => {
      const cancel = after(sessionAnswerMs, () => answer(false));
      const answer = (holds: boolean): void => {
        cancel();
        this.#asked.delete(id);
        resolve(holds);
      };
      this.#asked.set(id, answer);
      this.#say({ type: "session", id, token });
    });
  }

  take(message: Exclude<ToCameras, { readonly type: "start" }>): void {
    if (message.type === "session") this.#asked.get(message.id)?.(message.holds);
    else if (message.type === "clock") this.#aheadMs = message.aheadMs;
    else void this.#link?.dial(message.access);
  }

  /** Says good-bye to cameras. */
  async close(): Promise<void> {
    this.#link?.close();
    this.#channels?.close();
    await this.#door?.close();
  }
}
