import { createFrameDecoder, maxDiscardBytes } from "../../framing/frame-decoder.ts";
import type { DeviceCodec } from "../device-event.ts";
import { createEnvelopeGrammar, envelopeBytes } from "../envelope-7e.ts";
import { lzDataBytes, lzEventOf } from "./frame.ts";

const maxFrameBytes = envelopeBytes(20);

const grammar = createEnvelopeGrammar({ dataBytes: (command) => lzDataBytes.get(command), read: lzEventOf });

/** LZ-4000T pesticide meter: asked by day, inhibition in percent, no verdict of its own. */
export const lz4000t: DeviceCodec = {
  id: "lz-4000t",
  displayName: { zh: "绿洲 LZ-4000T 农药残留测定仪", en: "LZ-4000T pesticide residue meter" },
  deviceClass: "tester",
  maxPendingBytes: maxFrameBytes + maxDiscardBytes,
  createDecoder: () => createFrameDecoder(grammar, maxFrameBytes),
};
