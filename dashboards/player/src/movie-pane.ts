import { MovieTimes } from "./movie-times.ts";
import type { Pane } from "./pane.ts";

/** How live pictures are kept. Seconds. */
const target = 0.25;
const hurryAbove = 0.4;
const jumpAbove = 1.5;
const keptBehind = 15;
const mostQueued = 600;

interface SourceConstructor {
  new (): MediaSource;
  isTypeSupported(type: string): boolean;
}

/** iPhones have the managed kind only. */
const sourceKind = (): SourceConstructor | undefined => {
  const known = globalThis as unknown as Record<string, SourceConstructor | undefined>;
  return known["ManagedMediaSource"] ?? known["MediaSource"];
};

const typeOf = (codec: string): string => `video/mp4; codecs="${codec}"`;

/** Whether this browser plays movies that come in pieces at all. */
export const playsMovies = (): boolean => sourceKind() !== undefined;

/** Whether this browser plays a codec. */
export const canPlay = (codec: string): boolean => sourceKind()?.isTypeSupported(typeOf(codec)) === true;

/** How a movie is played: what is live, as close as can be to now, or a recording, so fast. */
export type MoviePace = "live" | { readonly speed: number };

/** Feeds one video element with fragments; what is live it keeps close to what is happening now. */
export class MoviePane implements Pane {
  readonly element: HTMLVideoElement;
  readonly #pace: MoviePace;
  readonly #times = new MovieTimes();
  readonly #video: HTMLVideoElement;
  readonly #source: MediaSource;
  readonly #url: string;
  readonly #queue: Uint8Array<ArrayBuffer>[] = [];
  #buffer: SourceBuffer | undefined;
  readonly #onFault: () => void;
  #ended = false;
  #started = false;
  readonly #timer: ReturnType<typeof setInterval>;

  /** `onFault`: the browser gave up; another source is needed. */
  constructor(video: HTMLVideoElement, codec: string, pace: MoviePace, onFault: () => void) {
    const Kind = sourceKind();
    if (Kind === undefined) throw new Error("this browser has no media source");
    this.element = video;
    this.#pace = pace;
    this.#video = video;
    // What an ended source still has to say is no fault of the one that came after it.
    this.#onFault = () => {
      if (!this.#ended) onFault();
    };
    this.#source = new Kind();
    video.disableRemotePlayback = true;
    this.#url = URL.createObjectURL(this.#source);
    video.src = this.#url;
    this.#source.addEventListener("sourceopen", () => {
      if (this.#ended) return;
      try {
        this.#buffer = this.#source.addSourceBuffer(typeOf(codec));
      } catch {
        this.#onFault();
        return;
      }
      this.#buffer.addEventListener("updateend", () => this.#next());
      this.#buffer.addEventListener("error", this.#onFault);
      this.#next();
    });
    video.addEventListener("error", this.#onFault);
    this.#timer = setInterval(() => this.#follow(), 100);
  }

  /** Takes the beginning, or a fragment. */
  add(bytes: Uint8Array<ArrayBuffer>, wallMs: number): void {
    if (wallMs > 0) this.#times.add(bytes, wallMs);
    this.#queue.push(bytes);
    if (this.#queue.length > mostQueued) this.#queue.splice(1, this.#queue.length - mostQueued);
    this.#next();
  }

  #next(): void {
    const buffer = this.#buffer;
    if (this.#ended || buffer === undefined || buffer.updating) return;
    this.#follow();
    const old = this.#video.currentTime - keptBehind;
    const [first] = buffer.buffered.length > 0 ? [buffer.buffered.start(0)] : [];
    try {
      if (first !== undefined && old - first > keptBehind) buffer.remove(first, old);
      else {
        const bytes = this.#queue.shift();
        if (bytes !== undefined) buffer.appendBuffer(bytes);
      }
    } catch {
      // Full: what is behind goes.
      if (first !== undefined && !buffer.updating)
        buffer.remove(first, Math.max(first + 0.1, this.#video.currentTime - 1));
    }
  }

  /** Stays a little behind the newest picture: faster when late, with a jump when very late. */
  #follow(): void {
    const { buffered } = this.#video;
    if (this.#ended || buffered.length === 0) return;
    const end = buffered.end(buffered.length - 1);
    const start = buffered.start(buffered.length - 1);
    if (this.#pace !== "live") {
      if (!this.#started || this.#video.currentTime < start) this.#video.currentTime = start;
      this.#started = true;
      if (this.#video.playbackRate !== this.#pace.speed) this.#video.playbackRate = this.#pace.speed;
      if (this.#video.paused) this.#video.play().catch(() => undefined);
      return;
    }
    const late = end - this.#video.currentTime;
    if (!this.#started || late > jumpAbove || this.#video.currentTime < start) {
      this.#started = true;
      this.#video.currentTime = Math.max(start, end - target);
    }
    // Once in a hurry it goes on until it is where it should be: pieces come in steps.
    const isHurried = this.#video.playbackRate > 1;
    this.#video.playbackRate = late > (isHurried ? target : hurryAbove) ? 1.1 : 1;
    // A tab that comes back goes on; one that may not play yet tries again.
    if (this.#video.paused) this.#video.play().catch(() => undefined);
  }

  shownMs(): number | null {
    return this.#video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA ? null : this.#times.at(this.#video.currentTime);
  }

  end(): void {
    this.#ended = true;
    clearInterval(this.#timer);
    URL.revokeObjectURL(this.#url);
    this.#video.removeEventListener("error", this.#onFault);
    this.#video.removeAttribute("src");
    this.#video.load();
  }
}
