import { isCode, MingchengError } from "@mingcheng/protocols";
import type { Decoder } from "../decode/decode-job.ts";
import type { Fragment } from "../media/fragment.ts";
import type { Derivation, DerivedSink } from "./derived-stream.ts";

/** How key frames are made into pictures. */
export interface KeyPicturesOptions {
  readonly decoder: Decoder;
  /** At most one picture in so long. */
  readonly everyMs: number;
  /** Pictures are made smaller than this. */
  readonly mostWidthPx: number;
}

/**
 * Key frames as JPEG, every few seconds: for browsers that cannot play a codec, and for lines that are too slow for a stream.
 * One at a time: a box that is too slow shows fewer, never older ones.
 */
export const keyPictures = ({ decoder, everyMs, mostWidthPx }: KeyPicturesOptions, sink: DerivedSink): Derivation => {
  let takenMs = Number.NEGATIVE_INFINITY;
  let isBusy = false;
  const make = async ({ begin, bytes, wallMs }: Fragment): Promise<void> => {
    isBusy = true;
    try {
      sink.piece({ kind: "picture", bytes: await decoder.jpeg({ begin, fragment: bytes }, mostWidthPx), wallMs });
    } catch (error) {
      // One picture that cannot be read is left out; without a decoder there is none at all.
      if (!isCode(error, "PICTURE_UNREADABLE")) {
        const code = error instanceof MingchengError ? error.code : "GATEWAY_FAULT";
        sink.failed(code, error instanceof Error ? error.message.slice(0, 200) : "");
      }
    } finally {
      isBusy = false;
    }
  };
  return {
    fragment: (fragment) => {
      if (!fragment.key || isBusy || fragment.monoMs - takenMs < everyMs) return;
      takenMs = fragment.monoMs;
      void make(fragment);
    },
    end: () => undefined,
  };
};
