/** Why bytes belong to no valid frame. Stable codes: they are counted, logged and shown. */
export const discardReasons = [
  /** Outside any frame. */
  "noise",
  /** A whole frame whose checksum does not fit. */
  "bad-checksum",
  /** A frame that ends too early, or another frame starts inside it. */
  "bad-length",
  /** A byte that may not stand at its place. */
  "bad-field",
  /** No end within the longest frame allowed. */
  "buffer-overflow",
  /** The input ended inside a frame. */
  "incomplete",
] as const;

export type DiscardReason = (typeof discardReasons)[number];

/** Bytes that belong to no valid frame: shown, never swallowed, because a silent resync looks like a quiet scale. */
export interface DiscardedEvent {
  readonly event: "discarded";
  readonly bytes: Uint8Array;
  readonly reason: DiscardReason;
}
