import type { GatewayMessage, Played } from "@mingcheng/protocols/media";
import type { MovieBegin } from "../media/fragment.ts";
import { recordedMovie } from "../media/movie-begin.ts";
import { beginsWithKey, decodeTime, moveDecodeTimes, timeScale } from "./boxes.ts";
import type { ChannelStore } from "./channel-store.ts";
import { fragmentsOf, type PlaybackPiece, playback } from "./playback.ts";
import type { RecordedGap } from "./segment.ts";
import { type Stretch, timelineOf } from "./timeline.ts";

type Unnumbered<Message> = Message extends { readonly stream: number } ? Omit<Message, "stream"> : never;

/** What a reviewer is told beside pictures. */
export type PlaybackMessage = Unnumbered<Extract<GatewayMessage, { readonly type: "gap" | "timeline" | "ended" }>>;

/** Where a recording is shown. None of its methods may throw. */
export interface PlaybackScreen {
  tell(message: PlaybackMessage): void;
  begin(movie: MovieBegin): void;
  fragment(fragment: { readonly bytes: Uint8Array; readonly key: boolean; readonly wallMs: number }): void;
  /** Bytes that still wait to go out. */
  waitingBytes(): number;
}

/** A channel's recording, and why it has no picture now. */
export interface PlaybackSource {
  readonly store: ChannelStore;
  readonly silence: () => readonly RecordedGap[];
  /** Resolves when what is being written now is whole, which takes until the next key frame. */
  readonly cut: () => Promise<void>;
}

/** What a run works with. */
export interface PlaybackPorts {
  readonly nowMs: () => number;
  readonly wallMs: () => number;
  readonly after: (delayMs: number, task: () => void) => () => void;
  readonly onFault: (error: unknown) => void;
}

const hourMs = 3_600_000;
const aroundMs = 12 * hourMs;
const mostStretches = 500;
/** Pictures are sent so much ahead of when they are shown. */
const aheadMs = 2_000;
/** A line that is so far behind is waited for: nothing of a recording has to be left out. */
const mostWaitingBytes = 1_000_000;
const waitMs = 100;
/** A file's time is when its first picture came in: a camera that was held up a little seems to go back by that. */
const heldUpMs = 1_500;
/** A file that is being written is whole within this, or its camera is away. */
const mostCutMs = 5_000;

const iso = (ms: number): string => new Date(ms).toISOString();

const toldStretch = (stretch: Stretch): { from: string; until: string; gap: string | null } => ({
  ...{ from: iso(stretch.fromMs), until: iso(stretch.toMs) },
  gap: stretch.type === "gap" ? stretch.reason : null,
});

/** One playing of a channel's recording, at the pace of its speed, until it is over or was ended. */
export class PlaybackRun {
  readonly #source: PlaybackSource;
  readonly #played: Played;
  readonly #screen: PlaybackScreen;
  readonly #ports: PlaybackPorts;
  #ended = false;
  #wake = (): void => undefined;
  #beganMs: number | undefined;
  /** Milliseconds of pictures before the one that is sent next. */
  #sentMs = 0;
  /** Where the next picture is in the movie's own time. */
  #units = 0n;
  #scale = 90_000;
  /** When the picture before was taken. */
  #takenMs = Number.NEGATIVE_INFINITY;

  constructor(source: PlaybackSource, played: Played, screen: PlaybackScreen, ports: PlaybackPorts) {
    this.#source = source;
    this.#played = played;
    this.#screen = screen;
    this.#ports = ports;
  }

  /** Plays. Never rejects. */
  async run(): Promise<void> {
    const { onFault } = this.#ports;
    try {
      await this.#finishWhatIsAsked();
      await this.#timeline();
      const shown = await this.#play();
      if (!this.#ended) {
        this.#screen.tell({ type: "ended", code: shown ? "RECORDING_ENDED" : "RECORDING_NOT_FOUND", reason: "" });
      }
    } catch (error) {
      onFault(error);
      if (!this.#ended) this.#screen.tell({ type: "ended", code: "RECORDING_UNREADABLE", reason: "" });
    }
  }

  /** Ends it; nothing is sent any more. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  /** A moment of just now is in the file that is being written: it ends, so that it can be played. */
  async #finishWhatIsAsked(): Promise<void> {
    const { store, cut } = this.#source;
    if (Date.parse(this.#played.from) < (store.lastEndMs ?? 0)) return;
    await Promise.race([cut(), this.#wait(mostCutMs)]);
  }

  async #timeline(): Promise<void> {
    const atMs = Date.parse(this.#played.from);
    const asked = { fromMs: atMs - aroundMs, toMs: Math.max(atMs, Math.min(this.#ports.wallMs(), atMs + aroundMs)) };
    const { store, silence } = this.#source;
    const { segments, gaps } = await store.between(asked.fromMs, asked.toMs);
    const stretches = timelineOf(segments, [...gaps, ...silence()], asked).slice(0, mostStretches);
    if (this.#ended) return;
    const until = iso(stretches.at(-1)?.toMs ?? asked.toMs);
    const told = stretches.map(toldStretch);
    this.#screen.tell({ type: "timeline", from: iso(asked.fromMs), until, stretches: told });
  }

  /** Hour by hour, so that a week costs no more memory than an hour. True when there was a picture. */
  async #play(): Promise<boolean> {
    const fromMs = Date.parse(this.#played.from);
    let last = -1;
    let endMs = fromMs;
    let begun: string | undefined;
    let gap: Extract<PlaybackPiece, { readonly type: "gap" }> | undefined;
    const tellGap = (): void => {
      if (gap !== undefined) {
        this.#screen.tell({ type: "gap", from: iso(gap.fromMs), until: iso(gap.toMs), reason: gap.reason });
      }
      gap = undefined;
    };
    for (let atMs = fromMs; !this.#ended; ) {
      const nowMs = this.#ports.wallMs();
      if (atMs >= nowMs) break;
      const toMs = Math.min(atMs + hourMs, nowMs);
      const lastBefore = last;
      for await (const piece of playback(this.#source.store, atMs, toMs)) {
        if (this.#ended) return true;
        if (piece.type === "gap") {
          if (gap?.toMs === piece.fromMs && gap.reason === piece.reason) gap = { ...gap, toMs: piece.toMs };
          else {
            tellGap();
            gap = piece;
          }
        } else if (piece.type === "begin") {
          const movie = recordedMovie(piece.bytes);
          this.#scale = timeScale(piece.bytes) ?? this.#scale;
          if (movie !== undefined && piece.key !== begun) this.#screen.begin(movie);
          begun = piece.key;
        } else if (piece.segment.number > last) {
          tellGap();
          last = piece.segment.number;
          endMs = piece.segment.startMs + piece.segment.durationMs;
          await this.#segment(piece, fromMs);
        }
      }
      if (toMs < nowMs) {
        atMs = toMs;
        continue;
      }
      // What is behind the newest picture is being written: it is no gap. What was finished meanwhile is played, too.
      gap = undefined;
      if (last === lastBefore) break;
      atMs = endMs;
    }
    return last >= 0;
  }

  async #segment({ bytes, segment }: PlaybackPiece & { readonly type: "segment" }, fromMs: number): Promise<void> {
    const fragments = [...fragmentsOf(bytes)];
    const times = fragments.map((fragment) => decodeTime(fragment) ?? 0n);
    const first = times[0] ?? 0n;
    const msAt = (index: number): number => (Number((times[index] ?? first) - first) * 1_000) / this.#scale;
    const isKey = (index: number): boolean => index === 0 || beginsWithKey(fragments[index] ?? new Uint8Array());
    let start = 0;
    for (const index of fragments.keys()) if (segment.startMs + msAt(index) <= fromMs && isKey(index)) start = index;
    const shift = this.#units - (times[start] ?? first);
    const sentBefore = this.#sentMs;
    for (let index = start; index < fragments.length && !this.#ended; index++) {
      this.#sentMs = sentBefore + msAt(index) - msAt(start);
      await this.#pace();
      const moved = Uint8Array.from(fragments[index] ?? []);
      moveDecodeTimes(moved, shift);
      if (this.#ended) return;
      this.#screen.fragment({ bytes: moved, key: isKey(index), wallMs: this.#taken(segment.startMs + msAt(index)) });
    }
    const lastedMs = Math.max(0, segment.durationMs - msAt(start));
    this.#sentMs = sentBefore + lastedMs;
    this.#units += BigInt(Math.round((lastedMs * this.#scale) / 1_000));
  }

  /** Goes on at the seam of two files; goes back only where the clock was set back. */
  #taken(wallMs: number): number {
    const heldUp = this.#takenMs - wallMs;
    this.#takenMs = heldUp > 0 && heldUp < heldUpMs ? this.#takenMs : wallMs;
    return this.#takenMs;
  }

  async #pace(): Promise<void> {
    const { nowMs } = this.#ports;
    this.#beganMs ??= nowMs();
    while (!this.#ended) {
      const earlyMs = this.#beganMs + (this.#sentMs - aheadMs) / this.#played.speed - nowMs();
      if (earlyMs > 0) await this.#wait(earlyMs);
      else if (this.#screen.waitingBytes() > mostWaitingBytes) await this.#wait(waitMs);
      else return;
    }
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#ports.after(ms, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }
}
