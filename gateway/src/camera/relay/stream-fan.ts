import type { CameraState } from "@mingcheng/protocols";
import type { CameraStream, StreamSound } from "../media/camera-stream.ts";
import type { Fragment, MovieBegin } from "../media/fragment.ts";

/** Somebody who watches a stream. None of its methods may throw or wait. */
export interface StreamViewer {
  begin(movie: MovieBegin): void;
  fragment(fragment: Fragment): void;
  sound(sound: StreamSound): void;
  /** How the camera stands; at the start, and at every change. */
  state(state: CameraState, reason: string): void;
}

/**
 * Hands one stream to any number of viewers. The first starts it, the last ends it (after its linger); who comes later begins
 * at once with the last key frame.
 */
export class StreamFan {
  readonly #stream: CameraStream;
  readonly #viewers = new Map<StreamViewer, { movie: MovieBegin | undefined }>();
  #state: CameraState = "none";
  #reason = "";

  constructor(stream: CameraStream) {
    this.#stream = stream;
    stream.listen({
      fragment: (fragment) => {
        for (const viewer of this.#viewers.keys()) this.#give(viewer, fragment);
      },
      sound: (sound) => {
        for (const viewer of this.#viewers.keys()) viewer.sound(sound);
      },
    });
  }

  /** How many watch. */
  get size(): number {
    return this.#viewers.size;
  }

  /** Watches until the returned function is called. */
  watch(viewer: StreamViewer): () => void {
    this.#viewers.set(viewer, { movie: undefined });
    const release = this.#stream.hold();
    viewer.state(this.#state, this.#reason);
    for (const fragment of this.#stream.sinceKey) this.#give(viewer, fragment);
    return () => {
      if (this.#viewers.delete(viewer)) release();
    };
  }

  /** Tells viewers how the camera stands. */
  tell(state: CameraState, reason: string): void {
    this.#state = state;
    this.#reason = reason;
    for (const viewer of this.#viewers.keys()) viewer.state(state, reason);
  }

  #give(viewer: StreamViewer, fragment: Fragment): void {
    const seen = this.#viewers.get(viewer);
    if (seen === undefined) return;
    if (seen.movie !== fragment.movie) {
      // A viewer that came between key frames has nothing to begin with before the next.
      if (!fragment.key) return;
      seen.movie = fragment.movie;
      viewer.begin(fragment.movie);
    }
    viewer.fragment(fragment);
  }
}
