import type { GatewayMessage } from "@mingcheng/protocols/media";
import { canPlay, LiveSource } from "./media-source.ts";
import type { Packet } from "./packets.ts";
import { Sound } from "./sound.ts";

/** What a tile shows, in words for the page to translate. */
export interface TileState {
  /** State of the camera, or `connecting`, `refused`, `unsupported`, `ended`, `stale`. */
  readonly state: string;
  readonly reason: string;
  readonly codec: string | null;
  /** Since the last picture came; null: none yet. */
  readonly ageMs: number | null;
}

/** Without a picture for so long nothing is shown: an old picture must not pass for a live one. */
export const staleMs = 4_000;

/** One picture on a page: feeds its video and blanks it as soon as it is not live. */
export class Tile {
  readonly video: HTMLVideoElement;
  readonly sound = new Sound();
  readonly #onState: (state: TileState) => void;
  #source: LiveSource | undefined;
  #codec: string | null = null;
  #state = "connecting";
  #reason = "";
  #lastMs: number | null = null;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(video: HTMLVideoElement, onState: (state: TileState) => void) {
    this.video = video;
    this.#onState = onState;
    video.muted = true;
    video.playsInline = true;
    this.#timer = setInterval(() => this.#show(), 500);
    this.#show();
  }

  /** What the server says of the stream. */
  say(message: GatewayMessage | { readonly type: "refused"; readonly code: string; readonly reason: string }): void {
    if (message.type === "begin") this.#begin(message.codec);
    else if (message.type === "state") {
      this.#state = message.state;
      this.#reason = message.reason;
    } else {
      this.#state = message.type;
      this.#reason = message.code;
    }
    this.#show();
  }

  packet({ kind, payload }: Packet): void {
    if (kind === "soundA" || kind === "soundU") {
      this.sound.add(kind, payload);
      return;
    }
    if (kind === "fragment") this.#lastMs = performance.now();
    this.#source?.add(payload);
    if (this.#state === "connecting") this.#show();
  }

  /** The line broke; another is made. */
  lost(): void {
    this.#state = "connecting";
    this.#reason = "";
    this.#show();
  }

  #begin(codec: string): void {
    this.#source?.end();
    this.#source = undefined;
    this.#codec = codec;
    if (!canPlay(codec)) {
      this.#state = "unsupported";
      this.#reason = codec;
      return;
    }
    const source = new LiveSource(this.video, codec, () => {
      if (this.#source !== source) return;
      this.#source = undefined;
      source.end();
      this.#state = "connecting";
    });
    this.#source = source;
  }

  #show(): void {
    const ageMs = this.#lastMs === null ? null : performance.now() - this.#lastMs;
    const isStale = ageMs !== null && ageMs > staleMs && this.#state === "live";
    const state = isStale ? "stale" : this.#state;
    // Only what is happening now may be seen.
    const isShown = state === "live" && ageMs !== null && this.#source !== undefined;
    this.video.style.visibility = isShown ? "visible" : "hidden";
    this.#onState({ state, reason: this.#reason, codec: this.#codec, ageMs });
  }

  end(): void {
    clearInterval(this.#timer);
    this.sound.switchOff();
    this.#source?.end();
  }
}
