import { createFrameDecoder, maxDiscardBytes } from "../../framing/frame-decoder.ts";
import { decodeText } from "../../framing/text-code.ts";
import { createLineGrammar } from "../../framing/text-line.ts";
import type { DeviceCodec } from "../device-event.ts";
import { compileLineFormat, defaultLineFormat, type LineFormat } from "./format.ts";

export { type TextCode, textCodes } from "../../framing/text-code.ts";
export { defaultLineFormat, type LineFormat } from "./format.ts";

const maxLineBytes = 256;

/**
 * The first line after opening may have lost its beginning: a line that begins with a digit could be the rest of a longer
 * number. Behind a line end nothing is lost.
 */
const mayBeRest = (text: string): boolean => /^[\d.,]/.test(text);

/**
 * The codec of a line format.
 * @throws {SyntaxError} when one of its expressions is none
 */
export const lineOf = (format: LineFormat): DeviceCodec => {
  const rules = compileLineFormat(format);
  return {
    id: "line",
    displayName: { zh: "可配置的文本行", en: "Configurable text lines" },
    deviceClass: "scale",
    maxPendingBytes: maxLineBytes + 2 + maxDiscardBytes,
    createDecoder: (options) => {
      const eightBit = !format.sevenBit && options?.sevenBit !== true;
      return createFrameDecoder(
        createLineGrammar({
          maxLineBytes,
          isStart: (byte) => byte >= 0x20 && byte !== 0x7f,
          eightBit,
          wholeLines: true,
          read: (text, raw, { afterLine }) => {
            const said = eightBit ? decodeText(raw.subarray(0, text.length), format.encoding) : text;
            if (!afterLine && mayBeRest(said)) return "incomplete";
            return rules.read(said, raw) ?? "bad-field";
          },
        }),
        maxLineBytes + 2,
      );
    },
  };
};

/** Lines of any device that ends them with CR, LF or both; a number and its unit unless configured otherwise. */
export const line: DeviceCodec = lineOf(defaultLineFormat);
