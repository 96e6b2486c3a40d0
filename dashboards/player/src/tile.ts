import type { GatewayMessage, Showing } from "@mingcheng/protocols/media";
import { Lateness } from "./lateness.ts";
import { canPlay, type MoviePace, MoviePane, playsMovies } from "./movie-pane.ts";
import type { Packet } from "./packets.ts";
import type { Pane } from "./pane.ts";
import { PicturePane } from "./picture-pane.ts";
import { ShowingChoice, type ShowingReason } from "./showing-choice.ts";
import { Sound } from "./sound.ts";
import { type LoadJsMpeg, TransportPane } from "./transport-pane.ts";

/** What a tile shows, in words for the page to translate. */
export interface TileState {
  /** State of the camera, or `connecting`, `refused`, `unsupported`, `ended`, `stale`, `recorded`. */
  readonly state: string;
  readonly reason: string;
  readonly codec: string | null;
  /** Since the last picture came; null: none yet. */
  readonly ageMs: number | null;
  /** In which form it is shown, and why not as wanted. */
  readonly showing: Showing;
  readonly why: ShowingReason;
  /** Which of the camera's streams it is; null: not known yet. */
  readonly source: "main" | "sub" | null;
  /** When the picture that is seen was taken, milliseconds since 1970; null: none is seen. */
  readonly takenMs: number | null;
}

/** What a tile tells of a recording. */
export type RecordingMessage = Extract<GatewayMessage, { readonly type: "gap" | "timeline" }>;

/** What a tile needs around it. */
export interface TileOptions {
  readonly video: HTMLVideoElement;
  readonly wanted: "main" | "sub";
  readonly loadJsMpeg: LoadJsMpeg | undefined;
  readonly onState: (state: TileState) => void;
  readonly onRecording: (message: RecordingMessage) => void;
  /** It is to be shown in another form. */
  readonly onChoice: () => void;
  /** The browser gave up on it: it is to be asked for again. */
  readonly onFault: () => void;
}

/** Without a picture for so long nothing is shown: an old picture must not pass for a live one. */
export const staleMs = 4_000;

/** Pictures that come more seldom are old later; each says when it was taken. */
const staleOf: Readonly<Record<Showing, number>> = {
  ...{ main: staleMs, sub: staleMs, compatible: staleMs, pictures: 15_000, stills: 45_000 },
};
/** Pieces that come again because another tile of the page shows the same stream. */
const againMs = 30_000;

type Said = GatewayMessage | { readonly type: "refused"; readonly code: string; readonly reason: string };

/** One picture on a page: feeds what draws it and blanks it as soon as it is not live. */
export class Tile {
  readonly video: HTMLVideoElement;
  readonly sound = new Sound();
  readonly choice: ShowingChoice;
  readonly #options: TileOptions;
  readonly #lateness = new Lateness();
  #asked: Showing;
  /** What is sent in its place: the box is not to send more. */
  #sent: Showing | undefined;
  #pane: Pane | undefined;
  #codec: string | null = null;
  #source: "main" | "sub" | null = null;
  #state = "connecting";
  #reason = "";
  #pace: MoviePace = "live";
  /** True once a picture was drawn since the last beginning. */
  #hasShown = false;
  #lastMs: number | null = null;
  #lastWallMs = Number.NEGATIVE_INFINITY;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(options: TileOptions) {
    const { video } = options;
    this.video = video;
    this.#options = options;
    this.choice = new ShowingChoice(options.wanted, playsMovies());
    this.#asked = this.choice.now;
    video.muted = true;
    video.playsInline = true;
    this.#timer = setInterval(() => this.#tick(), 500);
    this.#show();
  }

  /** When the picture that is seen was taken, milliseconds since 1970. */
  get takenMs(): number | null {
    return this.#pane?.shownMs() ?? null;
  }

  /** A stream was asked for: what came before is over. */
  asked(showing: Showing, pace: MoviePace): void {
    this.#asked = showing;
    this.#sent = undefined;
    this.#pace = pace;
    this.#forget();
    this.#become(pace === "live" ? "connecting" : "recorded");
  }

  /** What the server says of the stream. */
  say(message: Said): void {
    if (message.type === "begin") {
      this.#source = message.source ?? null;
      this.#sent = message.showing;
      this.#begin(message.codec);
    } else if (message.type === "state") this.#become(message.state, message.reason);
    else if (message.type === "slow") this.#slow();
    else if (message.type === "gap" || message.type === "timeline") this.#options.onRecording(message);
    else if (message.code === "SHOWING_NOT_OFFERED") this.#cannot();
    else this.#become(message.type, message.code);
  }

  packet({ kind, payload, wallMs }: Packet): void {
    if (kind === "soundA" || kind === "soundU") {
      this.sound.add(kind, payload);
      return;
    }
    if (kind === "begin") {
      this.#pane?.add(payload, 0);
      return;
    }
    const behindMs = this.#lastWallMs - wallMs;
    if (behindMs >= 0 && behindMs < againMs && kind !== "transport") return;
    this.#lastWallMs = wallMs;
    this.#lastMs = performance.now();
    this.#pane?.add(payload, wallMs);
    if (this.#pace === "live" && kind === "fragment" && this.#lateness.add(wallMs, this.#lastMs)) this.#slow();
    if (this.#state === "connecting") this.#show();
  }

  /** The line broke; another is made. */
  lost(): void {
    this.#become("connecting");
  }

  #become(state: string, reason = ""): void {
    this.#state = state;
    this.#reason = reason;
    this.#show();
  }

  #forget(): void {
    this.#pane?.end();
    this.#pane = undefined;
    this.#codec = null;
    this.#hasShown = false;
    this.#lastMs = null;
    this.#lastWallMs = Number.NEGATIVE_INFINITY;
    this.#lateness.forget();
  }

  #begin(codec: string): void {
    this.#forget();
    this.#codec = codec;
    const { video, loadJsMpeg } = this.#options;
    if (codec === "image/jpeg") this.#pane = new PicturePane(video);
    else if (codec === "mpeg1" && loadJsMpeg !== undefined) {
      this.#pane = new TransportPane(video, loadJsMpeg, () => this.#cannot());
    } else if (canPlay(codec)) {
      const pane = new MoviePane(video, codec, this.#pace, () => {
        if (this.#pane !== pane) return;
        this.#options.onFault();
        this.#forget();
        this.#become(this.#pace === "live" ? "connecting" : "recorded");
      });
      this.#pane = pane;
    } else if (this.#pace === "live") this.#cannot();
    else this.#become("unsupported", codec);
  }

  /** Not so in this browser, or not of this camera: another form is asked for. */
  #cannot(): void {
    const isH265 = this.#codec?.startsWith("hvc1") === true;
    this.choice.cannot(this.#asked, isH265);
    if (this.choice.now === this.#asked) this.#become("unsupported", this.#codec ?? "");
    else this.#options.onChoice();
  }

  #slow(): void {
    this.choice.slow(performance.now());
    if (this.choice.now !== this.#asked) this.#options.onChoice();
  }

  #tick(): void {
    if (this.#pace === "live" && this.choice.tick(performance.now())) this.#options.onChoice();
    this.#show();
  }

  #show(): void {
    const ageMs = this.#lastMs === null ? null : performance.now() - this.#lastMs;
    const isStale = ageMs !== null && ageMs > staleOf[this.#sent ?? this.#asked] && this.#state === "live";
    const takenMs = this.takenMs;
    this.#hasShown ||= takenMs !== null;
    // Pictures come, but none is drawn yet.
    const isPending = this.#state === "live" && !this.#hasShown;
    const state = isStale ? "stale" : isPending ? "pending" : this.#state;
    // Only what is happening now may be seen, unless it is said to be recorded.
    const isShown =
      ((this.#state === "live" && !isStale) || state === "recorded") && ageMs !== null && this.#pane !== undefined;
    const { video } = this.#options;
    const element = this.#pane?.element ?? video;
    video.hidden = element !== video;
    video.style.visibility = isShown ? "visible" : "hidden";
    element.style.visibility = video.style.visibility;
    this.#options.onState({
      ...{ state, reason: this.#reason, codec: this.#codec, ageMs },
      ...{ showing: this.#sent ?? this.#asked, source: this.#source },
      why: this.#sent === undefined ? this.choice.reason : "uplink",
      takenMs: isShown ? takenMs : null,
    });
  }

  end(): void {
    clearInterval(this.#timer);
    this.sound.switchOff();
    this.#pane?.end();
    this.video.hidden = false;
  }
}
