import { stat } from "node:fs/promises";
import { join } from "node:path";
import { type ErrorCode, MingchengError } from "@mingcheng/protocols";
import type { Channels } from "../relay/channels.ts";
import { mostBroughtBytes } from "../stills/still-store.ts";
import type { CameraAnswer, CameraAsk } from "./camera-ask.ts";
import type { RecordingDesk } from "./recording-desk.ts";
import type { StillDesk } from "./still-desk.ts";

/** What the desk hands on to. */
export interface CameraDeskOptions {
  readonly channels: Channels;
  readonly stills: StillDesk;
  /** Undefined: nothing is recorded; the error says why not, where it was to be. */
  readonly recording: () => RecordingDesk | undefined;
  readonly wallText: (ms: number) => string;
}

/** A picture that can travel in pieces; larger ones have a smaller copy. */
const pictureIn = async (
  folder: string,
  files: readonly { readonly name: string; readonly bytes: number }[],
): Promise<string | null> => {
  const whole = files.find(({ name }) => name === "picture.jpg");
  if (whole === undefined) return null;
  const preview = join(folder, "preview.jpg");
  if (whole.bytes <= mostBroughtBytes) return join(folder, whole.name);
  return (await stat(preview).catch(() => undefined)) === undefined ? null : preview;
};

type Result = Readonly<Record<string, unknown>>;

const ms = (moment: string): number => Date.parse(moment);

/** Does what cameras can be asked to do, whoever asks. */
export class CameraDesk {
  readonly #options: CameraDeskOptions;

  constructor(options: CameraDeskOptions) {
    this.#options = options;
  }

  /** Never rejects. */
  async answer(ask: CameraAsk): Promise<CameraAnswer> {
    try {
      return { ok: true, result: await this.#do(ask) };
    } catch (error) {
      const code: ErrorCode = error instanceof MingchengError ? error.code : "GATEWAY_FAULT";
      return { ok: false, code, message: error instanceof Error ? error.message : String(error) };
    }
  }

  #recording(): RecordingDesk {
    const desk = this.#options.recording();
    if (desk === undefined) throw new MingchengError("RECORDING_OFF", "nothing is recorded", { field: "recording" });
    return desk;
  }

  #do(ask: CameraAsk): Promise<Result> {
    switch (ask.type) {
      case "still":
        return this.#still(ask);
      case "clip":
        return this.#clip(ask);
      case "hold":
        return this.#hold(ask);
      case "release":
        return this.#recording()
          .release(ask.id, ask.by, ask.why)
          .then((hold) => ({ id: hold.id, channel: hold.channel }));
      case "holds":
        return Promise.resolve(this.#holds(ask.channel));
      case "recordings":
        return this.#timeline(ask);
    }
  }

  async #still({ channel: id, ...ask }: CameraAsk & { type: "still" }): Promise<Result> {
    const channel = this.#options.channels.get(id);
    if (channel === undefined) throw new MingchengError("CAMERA_UNKNOWN", id, { field: "channel" });
    const { folder, files, takenMs } = await this.#options.stills.take(channel, ask);
    const picture = await pictureIn(folder, files);
    return { id: ask.id, channel: id, at: this.#options.wallText(takenMs), folder, files, picture };
  }

  async #clip({ from, until, type: _type, ...ask }: CameraAsk & { type: "clip" }): Promise<Result> {
    const { folder, files } = await this.#recording().clip({ ...ask, fromMs: ms(from), toMs: ms(until) });
    return { id: ask.id, channel: ask.channel, folder, files };
  }

  async #hold({ from, until, type: _type, days, ...ask }: CameraAsk & { type: "hold" }): Promise<Result> {
    if (ms(until) <= ms(from))
      throw new MingchengError("INPUT_INVALID", "it ends before it begins", { field: "until" });
    const hold = await this.#recording().hold({ ...ask, days, fromMs: ms(from), toMs: ms(until) });
    return { id: hold.id, channel: hold.channel };
  }

  #holds(channel: string | undefined): Result {
    const { wallText } = this.#options;
    const holds = this.#recording().recordings.holds.list(channel);
    return {
      holds: holds.map(({ fromMs, toMs, placedMs, expiresMs, ...rest }) => ({
        ...{ ...rest, from: wallText(fromMs), until: wallText(toMs), placed: wallText(placedMs) },
        expires: expiresMs === null ? null : wallText(expiresMs),
      })),
    };
  }

  async #timeline({ channel, from, until }: CameraAsk & { type: "recordings" }): Promise<Result> {
    const { wallText } = this.#options;
    const stretches = await this.#recording().recordings.timeline(channel, ms(from), ms(until));
    return {
      channel,
      stretches: stretches.map((stretch) => ({
        ...{ from: wallText(stretch.fromMs), until: wallText(stretch.toMs) },
        gap: stretch.type === "gap" ? stretch.reason : null,
      })),
    };
  }
}
