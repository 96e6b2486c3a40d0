import { join } from "node:path";
import { MingchengError } from "@mingcheng/protocols";
import type { CamerasConfig } from "../../config/cameras-config.ts";
import type { Decoder } from "../decode/decode-job.ts";
import type { Channels, RelayedChannel } from "../relay/channels.ts";
import { StillStore } from "../stills/still-store.ts";
import { CameraDesk } from "./camera-desk.ts";
import { openDeskSocket } from "./desk-socket.ts";
import { EventKeeper } from "./event-keeper.ts";
import type { KeepingPorts } from "./keeping-ports.ts";
import { RecordingDesk } from "./recording-desk.ts";
import { StillDesk } from "./still-desk.ts";

/** What everything that is kept is made with. */
export interface KeepingOptions extends KeepingPorts {
  readonly config: CamerasConfig;
  readonly dataDirectory: string;
  readonly channels: Channels;
  readonly decoder: Decoder;
}

const dayMs = 86_400_000;
const mebibyte = 1024 ** 2;
const minuteMs = 60_000;
const pruneStillsEveryMs = 60 * minuteMs;
const usualEventDays = 30;

/** Everything that is kept of cameras: recordings, stills, clips, holds; what can be asked of them. */
export class Keeping {
  readonly desk: CameraDesk;
  readonly stills: StillDesk;
  readonly events: EventKeeper;
  readonly #options: KeepingOptions;
  readonly #store: StillStore;
  #recording: RecordingDesk | undefined;
  #closeSocket = (): void => undefined;
  #closed = false;

  private constructor(options: KeepingOptions) {
    const { config, dataDirectory, channels, decoder, wallText } = options;
    this.#options = options;
    const beside = config.recording === undefined ? dataDirectory : config.recording.folder;
    this.#store = new StillStore(config.stills.folder ?? join(beside, "stills"), decoder);
    this.stills = new StillDesk(this.#store, options);
    const recording = (): RecordingDesk | undefined => this.#recording;
    this.desk = new CameraDesk({ channels, stills: this.stills, recording, wallText });
    this.events = new EventKeeper({
      ...{ channels: config.channels, eventDays: config.recording?.eventDays ?? usualEventDays },
      ...{ nowMs: options.nowMs, wallMs: options.wallMs, onFault: options.onFault },
      hold: async (ask) => this.#recording?.hold(ask),
      still: async (id, ask) => {
        const channel = channels.get(id);
        if (channel !== undefined) await this.stills.take(channel, ask);
      },
    });
  }

  /** Opens what is configured. What cannot be recorded is said, and cameras are relayed all the same. Never rejects. */
  static async open(options: KeepingOptions): Promise<Keeping> {
    const keeping = new Keeping(options);
    // Nobody waits for it: what an earlier process left may take its time, and be told before it goes on.
    void keeping.#openRecording();
    await keeping.#openSocket();
    for (const channel of options.channels.all()) keeping.#schedule(channel);
    keeping.#pruneStills();
    return keeping;
  }

  async #openRecording(): Promise<void> {
    const { config, onFault, alarm } = this.#options;
    if (config.recording === undefined) return;
    try {
      const desk = await RecordingDesk.open(config, config.recording, this.#options);
      if (this.#closed) await desk.close();
      else this.#recording = desk;
    } catch (error) {
      onFault("", error);
      alarm("RECORDING_STOPPED", error instanceof MingchengError ? `${error.code}: ${error.message}` : String(error));
    }
  }

  async #openSocket(): Promise<void> {
    const { dataDirectory, onFault } = this.#options;
    try {
      const socket = await openDeskSocket(dataDirectory, (ask) => this.desk.answer(ask));
      this.#closeSocket = () => socket.close();
    } catch (error) {
      onFault("", error);
    }
  }

  #schedule(channel: RelayedChannel): void {
    const { after, wallMs, onFault } = this.#options;
    const { id, stillEveryMinutes } = channel.config;
    if (stillEveryMinutes === undefined || this.#closed) return;
    after(stillEveryMinutes * minuteMs, () => {
      const name = `schedule-${id.slice(0, 40)}-${Math.round(wallMs())}`;
      this.stills
        .take(channel, { id: name, cause: { type: "schedule", ref: "" }, by: "system" })
        .catch((error: unknown) => onFault(id, error));
      this.#schedule(channel);
    });
  }

  #pruneStills(): void {
    const { config, ageMs, after, onFault } = this.#options;
    if (this.#closed) return;
    const { days, maxMiB } = config.stills;
    const isHeld = (channel: string, atMs: number): boolean =>
      this.#recording?.recordings.holds.spans(channel).some(({ fromMs, toMs }) => atMs >= fromMs && atMs <= toMs) ===
      true;
    this.#store
      .prune(ageMs(), { maxAgeMs: days * dayMs, maxBytes: maxMiB * mebibyte }, isHeld)
      .catch((error: unknown) => onFault("", error));
    after(pruneStillsEveryMs, () => this.#pruneStills());
  }

  /** What is played from; undefined: nothing is recorded. */
  get recording(): RecordingDesk | undefined {
    return this.#recording;
  }

  /** Ends all files; resolves when everything is durable. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#closeSocket();
    await this.#recording?.close();
  }
}
