import { createFrameDecoder, maxDiscardBytes } from "../../framing/frame-decoder.ts";
import { codesOf, createLineGrammar } from "../../framing/text-line.ts";
import type { DeviceCodec } from "../device-event.ts";
import { lineIn } from "./frame.ts";

const maxLineBytes = 80;
const starts = codesOf("SZTIEKD@");

/** MT-SICS, request and answer, both directions. The parity bit is masked. */
export const mtSics: DeviceCodec = {
  id: "mt-sics",
  displayName: { zh: "梅特勒-托利多 MT-SICS 指令集", en: "Mettler-Toledo MT-SICS" },
  deviceClass: "scale",
  maxPendingBytes: maxLineBytes + 2 + maxDiscardBytes,
  createDecoder: () =>
    createFrameDecoder(
      createLineGrammar({
        maxLineBytes,
        isStart: (byte) => starts.includes(byte),
        wholeLines: true,
        read: (text, raw, { clean }) => lineIn(text, raw, clean) ?? "bad-field",
      }),
      maxLineBytes + 2,
    ),
};
