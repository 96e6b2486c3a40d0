import type { DiscardReason } from "../../framing/discarded-event.ts";
import { createFrameDecoder, maxDiscardBytes } from "../../framing/frame-decoder.ts";
import { decodeText } from "../../framing/text-code.ts";
import { createLineGrammar } from "../../framing/text-line.ts";
import type { DeviceCodec, ResultEvent } from "../device-event.ts";
import type { ReplyEvent } from "../line-event.ts";
import { cellSeparators, cellsIn, separatorOf } from "./cells.ts";
import { defaultTableFormat, separatorIn, type TableFormat } from "./table-format.ts";
import { createTableReader, type TableReader } from "./table-reader.ts";

const maxLineBytes = 1024;

/** The cells of every row of one table; `auto` is settled by the row that turns out to be the header. */
export interface RowReader {
  readonly reader: TableReader;
  row(text: string): ReturnType<TableReader["row"]>;
}

/** Reads rows as text. `text` is without its line end. */
export const createRowReader = (format: TableFormat): RowReader => {
  const reader = createTableReader(format);
  let separator = separatorIn(format);
  const row = (text: string): ReturnType<TableReader["row"]> => {
    const guess = separator ?? cellSeparators[separatorOf(text)];
    const cells = cellsIn(text, guess);
    if (cells === null) return { kind: "bad", why: "a quotation mark where none may stand" };
    const read = reader.row(cells);
    if (read.kind === "header") separator = guess;
    return read;
  };
  return { reader, row };
};

type Row = ResultEvent | ReplyEvent;

/**
 * The codec of a table that comes over a line, one row a line. Rows count once the header with every named column was
 * heard; a row is believed only behind a line end, because the first one after opening may have lost its beginning.
 */
export const csvOf = (format: TableFormat): DeviceCodec => ({
  id: "csv",
  displayName: {
    zh: "CSV、Excel 结果表（文件夹、串口或网络）",
    en: "CSV and Excel tables of results (folder, serial or TCP)",
  },
  deviceClass: "tester",
  maxPendingBytes: maxLineBytes + 2 + maxDiscardBytes,
  createDecoder: (options) => {
    const rows = createRowReader(format);
    const read = (text: string, raw: Uint8Array, afterLine: boolean): Row | DiscardReason => {
      const said = decodeText(raw.subarray(0, text.length), format.encoding).replace(/^\ufeff/, "");
      const row = rows.row(said);
      if (row.kind === "header") return { event: "reply", raw, meaning: "header", detail: said };
      if (row.kind !== "result") return row.kind === "bad" ? "bad-field" : "noise";
      return afterLine ? { event: "result", raw, ...row.result } : "incomplete";
    };
    return createFrameDecoder(
      createLineGrammar<Row>({
        maxLineBytes,
        isStart: (byte) => (byte >= 0x20 && byte !== 0x7f) || byte === 0x09,
        eightBit: true,
        wholeLines: true,
        atRest: options?.atRest === true,
        read: (text, raw, { afterLine }) => read(text, raw, afterLine),
      }),
      maxLineBytes + 2,
    );
  },
});

/** Tables whose header has the usual names, in Chinese or English. */
export const csv: DeviceCodec = csvOf(defaultTableFormat);
