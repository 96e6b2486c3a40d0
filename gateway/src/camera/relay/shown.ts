import type { Quality } from "@mingcheng/protocols/media";
import type { MovieBegin } from "../media/fragment.ts";
import type { StreamViewer } from "./stream-fan.ts";

/** A message of its own, not part of a movie: one JPEG, or a piece of an MPEG transport stream. */
export interface ShownPiece {
  readonly kind: "picture" | "transport";
  readonly bytes: Uint8Array;
  /** When it was taken, milliseconds since 1970. */
  readonly wallMs: number;
}

/** Somebody who watches a camera in whatever form. None of its methods may throw or wait. */
export interface ShownViewer extends StreamViewer {
  piece(piece: ShownPiece): void;
  /** Nothing more comes, and why. */
  ended(code: string, reason: string): void;
}

/** A camera in one form, for any number of viewers. */
export interface Shown {
  /** The stream it comes from. */
  readonly source: Quality;
  /** Watches until the returned function is called. */
  watch(viewer: ShownViewer): () => void;
}

/** What begins something that is no movie. */
export const pieceBegin = (codec: "image/jpeg" | "mpeg1"): MovieBegin => ({
  ...{ bytes: new Uint8Array(0), codec, widthPx: 0, heightPx: 0 },
});
