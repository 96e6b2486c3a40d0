import type { CameraState } from "@mingcheng/protocols";
import type { Quality } from "@mingcheng/protocols/media";
import type { Fragment, MovieBegin } from "../media/fragment.ts";
import type { RelayedStream } from "./channels.ts";
import { pieceBegin, type Shown, type ShownPiece, type ShownViewer } from "./shown.ts";

/** Takes what comes out of a stream that was made into something else. */
export interface DerivedSink {
  piece(piece: ShownPiece): void;
  /** It cannot be made; whoever watches is told, and the next who comes tries again. */
  failed(code: string, reason: string): void;
}

/** Makes something else of a stream, as long as somebody watches. */
export interface Derivation {
  fragment(fragment: Fragment): void;
  end(): void;
}

/**
 * What is made of a camera's stream for viewers who cannot be sent it as it is: begun with the first viewer, ended with the
 * last, made once however many watch, from the one session that there is with the camera.
 */
export class DerivedStream implements Shown {
  readonly source: Quality;
  readonly #stream: RelayedStream;
  readonly #begin: MovieBegin;
  readonly #derive: (sink: DerivedSink) => Derivation;
  readonly #viewers = new Set<ShownViewer>();
  #running: { readonly derivation: Derivation; readonly release: () => void } | undefined;
  #state: { readonly state: CameraState; readonly reason: string } = { state: "none", reason: "" };
  #lastPicture: ShownPiece | undefined;

  constructor(
    stream: RelayedStream,
    codec: Parameters<typeof pieceBegin>[0],
    derive: (sink: DerivedSink) => Derivation,
  ) {
    this.source = stream.quality;
    this.#stream = stream;
    this.#begin = pieceBegin(codec);
    this.#derive = derive;
  }

  watch(viewer: ShownViewer): () => void {
    this.#viewers.add(viewer);
    viewer.begin(this.#begin);
    if (this.#running === undefined) this.#run();
    else {
      viewer.state(this.#state.state, this.#state.reason);
      if (this.#lastPicture !== undefined) viewer.piece(this.#lastPicture);
    }
    return () => {
      if (this.#viewers.delete(viewer) && this.#viewers.size === 0) this.#end();
    };
  }

  #run(): void {
    const derivation = this.#derive({
      piece: (piece) => {
        if (this.#running?.derivation !== derivation) return;
        if (piece.kind === "picture") this.#lastPicture = piece;
        for (const viewer of this.#viewers) viewer.piece(piece);
      },
      failed: (code, reason) => {
        if (this.#running?.derivation !== derivation) return;
        this.#end();
        for (const viewer of this.#viewers) viewer.ended(code, reason);
      },
    });
    const running = { derivation, release: (): void => undefined };
    this.#running = running;
    running.release = this.#stream.fan.watch({
      begin: () => undefined,
      sound: () => undefined,
      fragment: (fragment) => derivation.fragment(fragment),
      state: (state, reason) => {
        this.#state = { state, reason };
        for (const viewer of this.#viewers) viewer.state(state, reason);
      },
    });
  }

  #end(): void {
    const running = this.#running;
    this.#running = undefined;
    this.#lastPicture = undefined;
    running?.release();
    running?.derivation.end();
  }
}
