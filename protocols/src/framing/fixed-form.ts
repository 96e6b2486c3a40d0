import type { DiscardReason } from "./discarded-event.ts";
import type { FrameVerdict } from "./frame-decoder.ts";

/** True when `byte` may stand at place `at` of a frame. */
export type MayStand = (byte: number, at: number) => boolean;

const firstWrong = (bytes: Uint8Array, mayStand: MayStand): number => {
  for (let at = 0; at < bytes.length; at++) if (!mayStand(bytes[at] ?? 0, at)) return at;
  return -1;
};

/**
 * Checks the bytes at the head of a window against a form with fixed places; undefined when all may stand there. What
 * contradicts is rejected as one piece, up to where a frame may begin anew (it was cut off by the next): which bytes that
 * are depends on nothing behind the wrong one, so the result does not depend on how bytes are cut.
 */
export const formFault = (
  bytes: Uint8Array,
  mayStand: MayStand,
  isStart: (byte: number) => boolean,
): (FrameVerdict<never> & { readonly kind: "reject" }) | undefined => {
  const wrong = firstWrong(bytes, mayStand);
  if (wrong < 0) return undefined;
  const reason: DiscardReason = isStart(bytes[wrong] ?? 0) ? "bad-length" : "bad-field";
  for (let at = 1; at <= wrong; at++) {
    if (firstWrong(bytes.subarray(at, wrong + 1), mayStand) < 0)
      return { kind: "reject", length: at, reason, whole: true };
  }
  return { kind: "reject", length: wrong + 1, reason, whole: true };
};

/** A form given as one pattern per place; a place without a pattern may hold anything, behind the last one nothing. */
export const placesOf = (patterns: readonly (RegExp | null)[]): MayStand => {
  const places = patterns.map((pattern) =>
    Uint8Array.from({ length: 256 }, (_unused, byte) =>
      pattern === null || pattern.test(String.fromCharCode(byte)) ? 1 : 0,
    ),
  );
  return (byte, at) => places[at]?.[byte] === 1;
};
