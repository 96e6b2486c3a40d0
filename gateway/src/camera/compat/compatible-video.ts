import { MingchengError } from "@mingcheng/protocols";
import type { Fragment } from "../media/fragment.ts";
import type { Derivation, DerivedSink } from "../relay/derived-stream.ts";
import { MovieFeed } from "./movie-feed.ts";
import { openTranscoder, type Transcoder } from "./transcoder.ts";

/** What it works with. */
export interface CompatiblePorts {
  readonly nowMs: () => number;
  readonly wallMs: () => number;
  readonly after: (delayMs: number, task: () => void) => () => void;
}

/** Recoding takes a core each: a box has no more than this. */
const mostAtOnce = 2;
const againMs = 1_000;
/** A transcoder that ends so soon after it was begun, so often, will never work. */
const soonMs = 10_000;
const mostSoonEnds = 3;

let running = 0;

/** MPEG-1 of a camera by node-rtsp-stream, fed from the one session that there is: for browsers that play nothing else. */
class CompatibleVideo implements Derivation {
  readonly #sink: DerivedSink;
  readonly #ports: CompatiblePorts;
  #feed: MovieFeed | undefined;
  #transcoder: Transcoder | undefined;
  #cancel = (): void => undefined;
  #isEnded = false;
  #soonEnds = 0;
  #startedMs = 0;

  constructor(sink: DerivedSink, ports: CompatiblePorts) {
    this.#sink = sink;
    this.#ports = ports;
    running++;
    // The stream that is to be told of a failure is not there yet.
    this.#cancel = ports.after(0, () => this.#begin());
  }

  #begin(): void {
    if (running > mostAtOnce)
      this.#sink.failed("VIEWERS_TOO_MANY", `at most ${mostAtOnce} cameras are recoded at once`);
    else void this.#start().catch((error: unknown) => this.#failed(error));
  }

  async #start(): Promise<void> {
    this.#startedMs = this.#ports.nowMs();
    const transcoder = await openTranscoder({
      piece: (bytes) => this.#sink.piece({ kind: "transport", bytes, wallMs: this.#ports.wallMs() }),
      ended: (error) => {
        if (this.#transcoder === transcoder) this.#again(error);
      },
    });
    this.#feed = new MovieFeed(transcoder.input);
    this.#transcoder = transcoder;
    if (this.#isEnded) this.#stop();
  }

  fragment(fragment: Fragment): void {
    if (this.#feed?.fragment(fragment) === false) this.#again(undefined);
  }

  #again(error: Error | undefined): void {
    this.#stop();
    if (this.#isEnded) return;
    const wasSoon = this.#ports.nowMs() - this.#startedMs < soonMs;
    this.#soonEnds = wasSoon ? this.#soonEnds + 1 : 0;
    const isMissing = (error as NodeJS.ErrnoException | undefined)?.code === "ENOENT";
    if (isMissing) this.#failed(new MingchengError("DECODER_MISSING", "ffmpeg"));
    else if (this.#soonEnds >= mostSoonEnds) this.#failed(new MingchengError("PICTURE_UNREADABLE", "it ends at once"));
    else this.#cancel = this.#ports.after(againMs, () => this.#begin());
  }

  #failed(error: unknown): void {
    const code = error instanceof MingchengError ? error.code : "GATEWAY_FAULT";
    this.#sink.failed(code, error instanceof Error ? error.message.slice(0, 200) : "");
  }

  #stop(): void {
    const transcoder = this.#transcoder;
    this.#feed = undefined;
    this.#transcoder = undefined;
    transcoder?.stop();
  }

  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    running--;
    this.#cancel();
    this.#stop();
  }
}

/** Begins to recode. Nothing is loaded and nothing runs before. */
export const compatibleVideo = (sink: DerivedSink, ports: CompatiblePorts): Derivation =>
  new CompatibleVideo(sink, ports);
