import { createFrameDecoder, maxDiscardBytes } from "../../framing/frame-decoder.ts";
import type { DeviceCodec } from "../device-event.ts";
import { createContinuousGrammar } from "./grammar.ts";

/** Longest form is 18 bytes; two more decide whether the last is a checksum. */
const maxFrameBytes = 32;

/**
 * Mettler-Toledo standard continuous output, 17 bytes or 18 with checksum, short form included. The parity bit is
 * masked: 7E1 lines read through an 8N1 port or a serial-to-TCP box need no setting.
 */
export const mtContinuous: DeviceCodec = {
  id: "mt-continuous",
  displayName: { zh: "梅特勒-托利多 标准连续输出", en: "Mettler-Toledo standard continuous" },
  deviceClass: "scale",
  maxPendingBytes: maxFrameBytes + maxDiscardBytes,
  createDecoder: () => createFrameDecoder(createContinuousGrammar(), maxFrameBytes),
};
