import { mediaKinds, mediaPacket, writePacketHead } from "@mingcheng/protocols/media";
import type { Fragment } from "../media/fragment.ts";

/** What is needed of a fragment to send it. */
export type SentFragment = Pick<Fragment, "bytes" | "key" | "wallMs" | "roomy">;

/** Under which number a fragment's own memory is a message already. */
const written = new WeakMap<Uint8Array, number>();

/**
 * The message that carries a fragment under a stream's number. The first number that is asked for is written in front of the
 * fragment's own octets: nothing is copied, however many viewers take it under that number.
 */
export const fragmentPacket = (fragment: SentFragment, stream: number): Uint8Array => {
  const { bytes, key, wallMs, roomy } = fragment;
  const head = { kind: mediaKinds.fragment, key, stream, wallMs };
  const under = roomy === undefined ? undefined : (written.get(roomy) ?? stream);
  if (roomy === undefined || under !== stream) return mediaPacket({ ...head, payload: bytes });
  if (!written.has(roomy)) writePacketHead(roomy, head);
  written.set(roomy, stream);
  return roomy;
};
