import type { Fragment } from "./fragment.ts";

/** A picture as it came in. */
export interface StreamPicture {
  /** Monotonic clock. */
  readonly atMs: number;
  readonly key: boolean;
  readonly bytes: number;
}

/** A packet of sound as the camera sent it; only where the channel allows sound. */
export interface StreamSound {
  readonly codec: "pcma" | "pcmu";
  readonly bytes: Uint8Array;
}

/** What happens to the one session of a stream. Told to everybody who listens, in order; times are monotonic. */
export interface StreamListener {
  /** Somebody wants pictures: a session is being made. */
  asked?(nowMs: number): void;
  /** Nobody wants pictures any more. */
  released?(nowMs: number): void;
  /** The camera answers and has begun to send. */
  connected?(nowMs: number): void;
  /** It refuses the password. Tried again only seldom: cameras lock accounts. */
  refused?(nowMs: number, reason: string): void;
  /** The session ended or could not be made. Tried again by itself. */
  lost?(nowMs: number, reason: string): void;
  /** A whole picture came in. */
  picture?(picture: StreamPicture): void;
  /** Pictures in their container. */
  fragment?(fragment: Fragment): void;
  sound?(sound: StreamSound): void;
}

/**
 * One stream of a camera. However many listen, there is one session with the camera; it lives while at least one holds it.
 * Listening alone opens nothing.
 */
export interface CameraStream {
  readonly id: string;
  /** Hears of everything until the returned function is called. */
  listen(listener: StreamListener): () => void;
  /** Keeps the session open until the returned function is called. */
  hold(): () => void;
  /** Fragments since the last key frame, that one first; empty without a session. */
  readonly sinceKey: readonly Fragment[];
  /** When the last picture came, monotonic; null: none in this session. */
  readonly lastPictureMs: number | null;
}
