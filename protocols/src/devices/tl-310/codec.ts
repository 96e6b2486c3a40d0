import { createFrameDecoder, maxDiscardBytes } from "../../framing/frame-decoder.ts";
import type { DeviceCodec } from "../device-event.ts";
import { createEnvelopeGrammar, envelopeBytes } from "../envelope-7e.ts";
import { tlDataBytes, tlEventOf } from "./frame.ts";

const maxFrameBytes = envelopeBytes(21);

const grammar = createEnvelopeGrammar({ dataBytes: (command) => tlDataBytes.get(command), read: tlEventOf });

/** TL-310 multi-channel pesticide meter: inhibition in percent by one of two standards, with the meter's verdict. */
export const tl310: DeviceCodec = {
  id: "tl-310",
  displayName: { zh: "TL-310 多通道农药残留速测仪", en: "TL-310 multi-channel pesticide meter" },
  deviceClass: "tester",
  maxPendingBytes: maxFrameBytes + maxDiscardBytes,
  createDecoder: () => createFrameDecoder(grammar, maxFrameBytes),
};
