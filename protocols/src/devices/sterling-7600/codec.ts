import { createFrameDecoder, maxDiscardBytes } from "../../framing/frame-decoder.ts";
import { createLineGrammar } from "../../framing/text-line.ts";
import type { DeviceCodec, ReadingEvent } from "../device-event.ts";
import type { RequestEvent } from "../line-event.ts";
import { numberIn, readingWith, unitIn } from "../reading.ts";

const maxLineBytes = 64;

/** The echo of the request may be there, eaten or half eaten (`SGWGross`, `WGross`, `OCount`): the keyword counts. */
const line = /^[A-Z ]{0,6}?(Gross|Net|Tare|Count) *([+-]? *[\d.]+) *([A-Za-z%]{0,6}) *$/;
const overload = /^[A-Z ]{0,6}?(Gross|Net|Tare|Count) *(-*OL-*|-*UL-*|OVER|UNDER|\^+|_+) *([A-Za-z%]{0,6}) *$/i;

const modes = { Gross: "gross", Net: "net", Tare: "tare", Count: "unknown" } as const;

const requests: Readonly<Record<string, string>> = {
  SGW: "gross-weight",
  SNW: "net-weight",
  STW: "tare-weight",
  SCO: "count",
};

const readLine = (text: string, raw: Uint8Array, clean: boolean): ReadingEvent | RequestEvent | "bad-field" => {
  if (clean && Object.hasOwn(requests, text.trim())) {
    return { event: "request", raw, meaning: requests[text.trim()] ?? "", detail: null };
  }
  const beyond = overload.exec(text);
  if (beyond !== null) {
    const under = /U|_/.test((beyond[2] ?? "").toUpperCase().replace("OVER", ""));
    return readingWith(raw, { overload: !under, underload: under });
  }
  const match = line.exec(text);
  const value = numberIn(match?.[2] ?? "");
  if (match === null || value === null) return "bad-field";
  const mode = modes[match[1] as keyof typeof modes];
  // A count is no weight, whatever stands behind it.
  const unit = match[1] === "Count" ? "custom" : unitIn(match[3] ?? "");
  return readingWith(raw, { value, unit, mode });
};

/** Sterling 7600, asked with `SGW CR`. Source: live log of avodah-dev/scale-interface. The parity bit is masked. */
export const sterling7600: DeviceCodec = {
  id: "sterling-7600",
  displayName: { zh: "Sterling 7600 问答", en: "Sterling 7600" },
  deviceClass: "scale",
  maxPendingBytes: maxLineBytes + 2 + maxDiscardBytes,
  createDecoder: () =>
    createFrameDecoder(
      createLineGrammar({
        maxLineBytes,
        isStart: (byte) => byte >= 0x41 && byte <= 0x5a,
        wholeLines: true,
        read: (text, raw, { clean }) => readLine(text, raw, clean),
      }),
      maxLineBytes + 2,
    ),
};
