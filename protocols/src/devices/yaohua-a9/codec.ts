import { maskParity } from "../../framing/checksums.ts";
import { createFrameDecoder, type FrameGrammar, maxDiscardBytes } from "../../framing/frame-decoder.ts";
import type { DeviceCodec, ReadingEvent } from "../device-event.ts";
import { checksumFits, etx, frameLength, mayStandAt, readingOf, stx } from "./frame.ts";

const grammar: FrameGrammar<ReadingEvent> = {
  isStart: (byte) => (byte & 0x7f) === stx,
  examine: (window) => {
    const bytes = maskParity(window.subarray(0, frameLength));
    for (const [at, byte] of bytes.entries()) {
      if (mayStandAt(at, byte)) continue;
      return {
        kind: "reject",
        length: at,
        reason: byte === stx || byte === etx ? "bad-length" : "bad-field",
        whole: false,
      };
    }
    if (bytes.length < frameLength) return { kind: "more" };
    if (!checksumFits(bytes)) return { kind: "reject", length: frameLength, reason: "bad-checksum", whole: true };
    return { kind: "accept", length: frameLength, event: readingOf(bytes, window.slice(0, frameLength)) };
  },
};

/**
 * Yaohua XK3190-A9 family, continuous output 1 (menu tF = 0). The parity bit is masked. Stability is `unknown`: only
 * settling can infer it.
 */
export const yaohuaA9: DeviceCodec = {
  id: "yaohua-a9",
  displayName: { zh: "耀华 XK3190-A9 连续发送", en: "Yaohua XK3190-A9 continuous" },
  deviceClass: "scale",
  maxPendingBytes: frameLength + maxDiscardBytes,
  createDecoder: () => createFrameDecoder(grammar, frameLength),
};
