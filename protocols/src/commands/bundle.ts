import { z } from "zod";
import { concat, fromUtf8, utf8 } from "../bytes/bytes.ts";

/** A bundle travels in pieces of so many bytes. */
export const bundlePieceBytes = 48 * 1024;
/** Pieces of a bundle at most: 768 KiB in all. */
export const maxBundlePieces = 16;

const headSchema = z.strictObject({
  v: z.literal(1),
  /** SHA-256 of the whole bundle. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** From 0. */
  index: z.int().nonnegative(),
  pieces: z.int().positive().max(maxBundlePieces),
});

/** One piece of a bundle: its head as a line of JSON, then its bytes. */
export interface BundlePiece {
  readonly head: z.infer<typeof headSchema>;
  readonly bytes: Uint8Array;
}

/** Cuts a bundle into messages. */
export const bundleMessages = (bundle: Uint8Array, sha256: string): Uint8Array[] => {
  const pieces = Math.max(1, Math.ceil(bundle.length / bundlePieceBytes));
  return Array.from({ length: pieces }, (_, index) => {
    const bytes = bundle.subarray(index * bundlePieceBytes, (index + 1) * bundlePieceBytes);
    return concat(utf8(`${JSON.stringify({ v: 1, sha256, index, pieces })}\n`), bytes);
  });
};

/** Reads a message of the bundle topic; undefined when it is none. */
export const readBundlePiece = (message: Uint8Array): BundlePiece | undefined => {
  const cut = message.indexOf(0x0a);
  if (cut < 0 || message.length > bundlePieceBytes + 1024) return undefined;
  try {
    const head = headSchema.parse(JSON.parse(fromUtf8(message.subarray(0, cut)) ?? ""));
    return head.index < head.pieces ? { head, bytes: message.subarray(cut + 1) } : undefined;
  } catch {
    return undefined;
  }
};
