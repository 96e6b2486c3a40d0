import { watchFile } from "node:fs";
import { join } from "node:path";
import { MingchengError } from "@mingcheng/protocols";
import type { Quality } from "@mingcheng/protocols/media";
import { wallText } from "../clock/wall-text.ts";
import { isLoopback } from "../config/web-config.ts";
import { certificateOf } from "../web/certificate-file.ts";
import { CameraClock } from "./camera-clock.ts";
import { type Decoder, ffmpegDecoder } from "./decode/decode-job.ts";
import { DetectorDesk } from "./detectors/detector-desk.ts";
import { installedDetectors } from "./detectors/installed.ts";
import { CameraSubnets } from "./discovery/camera-subnets.ts";
import { GatewayLink } from "./gateway-link.ts";
import { type HealthChange, usualHealthSettings } from "./health/camera-health.ts";
import { Keeping } from "./keeping/keeping.ts";
import type { FromCameras, ToCameras } from "./process-messages.ts";
import { type Reviewer, reviewerOf } from "./recording/reviewer.ts";
import { CentreLink } from "./relay/centre-link.ts";
import { Channels, type RelayedChannel, type RelayedStream } from "./relay/channels.ts";
import { ShownChannels } from "./relay/shown-channels.ts";
import { openViewDoor, type ViewDoor } from "./relay/view-door.ts";
import { ViewLog } from "./relay/view-log.ts";
import { CameraPasswords, passwordFile } from "./secrets/camera-passwords.ts";
import { CameraWatch } from "./watch/camera-watch.ts";
import { RareFaults } from "./watch/rare-faults.ts";
import { StateTeller } from "./watch/state-teller.ts";

const after = (delayMs: number, task: () => void): (() => void) => {
  const timer = setTimeout(task, Math.min(delayMs, 2_147_483_647));
  return () => clearTimeout(timer);
};

type Start = ToCameras & { readonly type: "start" };

/** Everything of cameras, wired: sessions, health, recordings, viewers here and at the centre. */
export class CameraProcess {
  readonly #start: Start;
  readonly #say: (message: FromCameras) => void;
  readonly #gateway: GatewayLink;
  readonly #faults: RareFaults;
  readonly #decoder: Decoder = ffmpegDecoder();
  readonly #clock: CameraClock;
  #channels: Channels | undefined;
  #watch: CameraWatch | undefined;
  #keeping: Keeping | undefined;
  #teller: StateTeller | undefined;
  #link: CentreLink | undefined;
  #door: ViewDoor | undefined;

  constructor(start: Start, say: (message: FromCameras) => void) {
    this.#start = start;
    this.#say = say;
    this.#gateway = new GatewayLink(say, after);
    this.#clock = new CameraClock({ systemMs: () => Date.now(), monoMs: () => performance.now() }, start.clock);
    this.#faults = new RareFaults((detail, text) => say({ type: "log", level: "error", text, detail }));
  }

  /** @throws {MingchengError} CAMERA_PASSWORDS_DAMAGED, LISTEN_FAILED; the system's error */
  async start(): Promise<void> {
    const { config, dataDirectory, gw } = this.#start;
    // A file that cannot be used is said at the start, not at the first viewer.
    await CameraPasswords.open(dataDirectory);
    const clock = { nowMs: () => performance.now(), wallMs: () => this.#wallMs(), after };
    const channels = new Channels({
      ...{ channels: config.channels, subnets: new CameraSubnets(config.subnets), clock, random: Math.random },
      health: { ...usualHealthSettings, measureEveryMs: config.watch.measureSeconds * 1_000 },
      password: async (channel) => (await CameraPasswords.open(dataDirectory)).get(channel),
      onState: (channel, quality, change) => this.#changed(channel, quality, change),
    });
    this.#channels = channels;
    this.#watchPasswords(channels);
    this.#keeping = await Keeping.open({
      ...{ ...clock, config, dataDirectory, channels, decoder: this.#decoder, gw, wallText },
      ...{
        clock: () => this.#clock.told,
        ageMs: () => this.#clock.ageMs(),
        stateOf: (channel) => channels.state(channel),
      },
      tell: (channel, body) => this.#gateway.tell(channel, body),
      sign: (octets) => this.#gateway.sign(octets),
      alarm: (code, detail) => this.#say({ type: "alarm", code, detail }),
      onFault: (channel, error) => this.#faults.add(channel, error),
    });
    this.#teller = new StateTeller(this.#keeping.stills, (message) => this.#say(message));
    this.#watchOver(channels, this.#openDetectors(this.#keeping, channels));
    await this.#openViews(channels);
    this.#say({ type: "ready", viewPort: this.#door?.port ?? null });
  }

  async #openViews(channels: Channels): Promise<void> {
    const nowMs = (): number => performance.now();
    const log = (level: "info" | "warn", text: string, detail: object): void =>
      this.#say({ type: "log", level, text, detail });
    const review = reviewerOf(() => this.#keeping?.recording?.recordings, {
      ...{ nowMs, wallMs: () => this.#wallMs(), after, onFault: (error) => this.#fault(error) },
    });
    const shown = new ShownChannels({ nowMs, wallMs: () => this.#wallMs(), after, channels, decoder: this.#decoder });
    const { view, recording } = this.#start.config;
    const clips = recording === undefined ? undefined : join(recording.folder, "clips");
    this.#link = new CentreLink({ shown, review, clips, nowMs, after, log });
    if (view !== undefined) this.#door = await this.#openDoor(view, { channels, shown, review });
  }

  /** Which stream tells how a camera stands: the one that is recorded, or else the small one. */
  #judgedBy(channel: RelayedChannel): RelayedStream {
    const { recording } = this.#start.config;
    return recording !== undefined && channel.config.record ? channel[recording.stream] : channel.sub;
  }

  /** Findings of detectors, where there are any. */
  #openDetectors(keeping: Keeping, channels: Channels): DetectorDesk | undefined {
    if (installedDetectors.length === 0) return undefined;
    return new DetectorDesk({
      ...{ detectors: installedDetectors, after, wallText, stateOf: (channel) => channels.state(channel) },
      keep: (channel, fragment, ask) => keeping.stills.keep(channel, fragment, ask),
      tell: (channel, body) => this.#gateway.tell(channel, body),
      onFault: (channel, error) => this.#faults.add(channel, error),
    });
  }

  #watchOver(channels: Channels, detectors: DetectorDesk | undefined): void {
    const watch = new CameraWatch({
      ...{ decoder: this.#decoder, nowMs: () => performance.now(), always: this.#start.config.watch.always },
      judgedBy: (channel) => this.#judgedBy(channel),
      onMeasured: (picture) => void detectors?.show(picture),
      onAway: (channel) => detectors?.forget(channel),
      onFault: (channel, error) => this.#faults.add(channel, error),
    });
    this.#watch = watch;
    for (const channel of channels.all()) watch.add(channel);
  }

  #changed(id: string, quality: Quality, change: HealthChange): void {
    const channel = this.#channels?.get(id);
    // Before everything is wired nothing can change: nobody holds a session.
    if (channel === undefined || this.#teller === undefined) return;
    if (change.state === "stalled") this.#keeping?.recording?.stalled(id);
    if (this.#judgedBy(channel).quality === quality) this.#teller.tell(channel, quality, change);
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
      holdsSession: (token) => this.#gateway.holdsSession(token),
      nowMs: () => performance.now(),
      wallMs: () => this.#wallMs(),
      onFault: (error) => this.#fault(error),
    });
  }

  #wallMs(): number {
    return this.#clock.wallMs();
  }

  #fault(error: unknown): void {
    const code = error instanceof MingchengError ? { code: error.code } : {};
    const detail = { ...code, error: error instanceof Error ? error.message : String(error) };
    this.#say({ type: "log", level: "error", text: "cameras: something failed", detail });
  }

  take(message: Exclude<ToCameras, { readonly type: "start" }>): void {
    switch (message.type) {
      case "session":
      case "stored":
      case "signed":
        this.#gateway.take(message);
        return;
      case "clock":
        this.#clock.take(message.clock);
        return;
      case "dial":
        void this.#link?.dial(message.access);
        return;
      case "event":
        void this.#keeping?.events.take(message);
        return;
      case "ask":
        void this.#keeping?.desk
          .answer(message.ask)
          .then((answer) => this.#say({ type: "answer", id: message.id, answer }));
    }
  }

  /** Ends files, says good-bye to cameras. */
  async close(): Promise<void> {
    this.#watch?.close();
    await this.#keeping?.close();
    this.#link?.close();
    this.#channels?.close();
    await this.#door?.close();
  }
}
