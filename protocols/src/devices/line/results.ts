import { createFrameDecoder, maxDiscardBytes } from "../../framing/frame-decoder.ts";
import { decodeText, type TextCode } from "../../framing/text-code.ts";
import { createLineGrammar } from "../../framing/text-line.ts";
import type { DeviceCodec, ResultEvent } from "../device-event.ts";
import { createResultReader, type ResultField, type ResultWords } from "../result-words.ts";

/** How a tester writes one result in one line. */
export interface LineResultFormat extends ResultWords {
  /** Regular expression without delimiters; its named groups are fields of a result (`value`, `number`, `sample`, ...). */
  readonly pattern: string;
  readonly encoding: TextCode;
  /** Bit 7 is parity. */
  readonly sevenBit: boolean;
}

const maxLineBytes = 512;

/**
 * The codec of a tester that writes lines; what the pattern does not fit is discarded. The first line after opening is
 * believed only where the line had been quiet before (`atRest`): otherwise it may have lost its beginning.
 * @throws {SyntaxError} when the pattern is no expression
 */
export const lineResultsOf = (format: LineResultFormat): DeviceCodec => {
  const pattern = new RegExp(format.pattern, "iu");
  const resultOf = createResultReader(format);

  const read = (text: string, raw: Uint8Array): ResultEvent | null => {
    const groups = pattern.exec(text)?.groups;
    if (groups === undefined || text.includes("\ufffd")) return null;
    const said = (field: ResultField): string | null => groups[field]?.trim() || null;
    if (said("value") === null && said("verdict") === null) return null;
    const row = resultOf(said);
    return row.kind === "result" ? { event: "result", raw, ...row.result } : null;
  };

  return {
    id: "line",
    displayName: { zh: "可配置的文本行", en: "Configurable text lines" },
    deviceClass: "tester",
    maxPendingBytes: maxLineBytes + 2 + maxDiscardBytes,
    createDecoder: (options) => {
      const eightBit = !format.sevenBit && options?.sevenBit !== true;
      return createFrameDecoder(
        createLineGrammar<ResultEvent>({
          maxLineBytes,
          isStart: (byte) => byte >= 0x20 && byte !== 0x7f,
          eightBit,
          wholeLines: true,
          atRest: options?.atRest === true,
          read: (text, raw, { afterLine }) => {
            const said = eightBit ? decodeText(raw.subarray(0, text.length), format.encoding) : text;
            if (!afterLine) return "incomplete";
            return read(said, raw) ?? "bad-field";
          },
        }),
        maxLineBytes + 2,
      );
    },
  };
};
