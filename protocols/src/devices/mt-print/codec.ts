import { createFrameDecoder, maxDiscardBytes } from "../../framing/frame-decoder.ts";
import { createLineGrammar } from "../../framing/text-line.ts";
import type { DeviceCodec, ReadingEvent } from "../device-event.ts";
import { numberIn, readingWith, unitIn } from "../reading.ts";

const maxLineBytes = 64;

/** Blanks, legend, value, unit. The legend must be there: it is what proves that no digit and no minus was cut off. */
const line = /^ *(N|G|T|B|PT|Net|Gross|Tare) {1,14}([+-]? *[\d.]+) +([A-Za-z%]{1,5}) *$/;

const modes: Readonly<Record<string, ReadingEvent["mode"]>> = {
  N: "net",
  Net: "net",
  G: "gross",
  B: "gross",
  Gross: "gross",
  T: "tare",
  PT: "tare",
  Tare: "tare",
};

const readLine = (text: string, raw: Uint8Array): ReadingEvent | "bad-field" => {
  const match = line.exec(text);
  const value = numberIn(match?.[2] ?? "");
  if (match === null || value === null) return "bad-field";
  return readingWith(raw, { value, unit: unitIn(match[3] ?? ""), mode: modes[match[1] ?? ""] ?? "unknown" });
};

/**
 * The printout of Mettler-Toledo balances, not MT-SICS: five blanks, N, value in twelve, unit, blanks to 26 bytes. Source:
 * captured lines of an MS204TS (NSerialCommTools). The parity bit is masked.
 */
export const mtPrint: DeviceCodec = {
  id: "mt-print",
  displayName: { zh: "梅特勒-托利多 天平打印行", en: "Mettler-Toledo balance printout" },
  deviceClass: "scale",
  maxPendingBytes: maxLineBytes + 2 + maxDiscardBytes,
  createDecoder: () =>
    createFrameDecoder(
      createLineGrammar({
        maxLineBytes,
        isStart: (byte) => byte >= 0x20 && byte < 0x7f,
        wholeLines: true,
        read: readLine,
      }),
      maxLineBytes + 2,
    ),
};
