import { type FileHandle, open } from "node:fs/promises";
import { MingchengError, utf8 } from "@mingcheng/protocols";
import { createRowReader, decodeText, fileRows, type SaidResult, type TableFormat } from "@mingcheng/protocols/devices";
import { lookOf } from "./folder-scan.ts";

/** Larger files are refused: a tester's export has a few hundred kilobytes. */
const maxFileMiB = 32;
/** Longer rows are no results. */
const maxRowBytes = 16 * 1024;

/** One row of a file that says something. */
export interface ResultRow {
  /** From 1, as a spreadsheet counts them. */
  readonly number: number;
  readonly raw: Uint8Array;
  /** What it says, or why it says nothing. */
  readonly said: SaidResult | { readonly why: string };
}

/** What a file holds. `isOpen`: its last row has no line end, and was left out because it may be half written. */
export interface ReadFile {
  readonly rows: readonly ResultRow[];
  readonly isOpen: boolean;
}

const refuse = (why: string): never => {
  throw new MingchengError("RESULT_FILE_UNREADABLE", why);
};

/**
 * The bytes of a file that nobody writes to; `undefined` when it no longer looks as it did.
 * @throws the system's error; {MingchengError} RESULT_FILE_UNREADABLE when it is too large
 */
export const readAtRest = async (path: string, look: string): Promise<Uint8Array | undefined> => {
  let file: FileHandle | undefined;
  try {
    file = await open(path, "r");
    const stats = await file.stat();
    if (lookOf(stats) !== look) return undefined;
    if (stats.size > maxFileMiB * 1024 * 1024) return refuse(`larger than ${maxFileMiB} MiB`);
    const bytes = await file.readFile();
    return lookOf(await file.stat()) === look ? bytes : undefined;
  } finally {
    await file?.close();
  }
};

const beginsWith = (bytes: Uint8Array, ...codes: readonly number[]): boolean =>
  codes.every((code, index) => bytes[index] === code);

/** UTF-16 with its mark, as spreadsheets call "Unicode text", in UTF-8. */
const fromUtf16 = (bytes: Uint8Array): Uint8Array | null => {
  const little = beginsWith(bytes, 0xff, 0xfe);
  if (!little && !beginsWith(bytes, 0xfe, 0xff)) return null;
  return utf8(new TextDecoder(little ? "utf-16le" : "utf-16be").decode(bytes));
};

const refuseOtherFormats = (bytes: Uint8Array): void => {
  if (beginsWith(bytes, 0xd0, 0xcf, 0x11, 0xe0)) {
    refuse("an old Excel workbook (.xls): save it as .xlsx or CSV (旧版 Excel 文件，请另存为 .xlsx 或 CSV)");
  }
  const head = new TextDecoder("latin1").decode(bytes.subarray(0, 512)).trimStart().toLowerCase();
  if (/^(ï»¿)?\s*<(\?xml|!doctype|html|table|head|meta)/.test(head)) {
    refuse("a web page or XML named like a workbook: save it as .xlsx or CSV (网页或 XML 文件，请另存为 .xlsx 或 CSV)");
  }
  if (bytes.subarray(0, 4096).includes(0)) refuse("neither text nor a workbook (.xlsx) (既不是文本也不是工作簿)");
};

type Rows = ReturnType<typeof createRowReader>;

const keep = (rows: ResultRow[], number: number, raw: Uint8Array, row: ReturnType<Rows["row"]>): void => {
  if (row.kind === "result") rows.push({ number, raw, said: row.result });
  if (row.kind === "bad") rows.push({ number, raw, said: { why: row.why } });
};

const readText = (bytes: Uint8Array, format: TableFormat, takeLast: boolean): ReadFile => {
  const wide = fromUtf16(bytes);
  const isMarked = wide !== null || beginsWith(bytes, 0xef, 0xbb, 0xbf);
  const encoding = isMarked ? "utf-8" : format.encoding;
  const reader = createRowReader(format);
  const rows: ResultRow[] = [];
  for (const { number, bytes: raw, ended } of fileRows(wide ?? bytes, takeLast)) {
    if (!ended && !takeLast) return { rows, isOpen: true };
    if (raw.length > maxRowBytes) rows.push({ number, raw, said: { why: `longer than ${maxRowBytes} bytes` } });
    else keep(rows, number, raw, reader.row(decodeText(raw, encoding)));
  }
  if (!reader.reader.begun) refuse("no header with all the configured columns (找不到含全部所配列的表头)");
  return { rows, isOpen: false };
};

const readWorkbook = async (bytes: Uint8Array, format: TableFormat): Promise<ReadFile> => {
  const { workbookRows } = await import("./workbook.ts");
  const { reader } = createRowReader(format);
  const rows: ResultRow[] = [];
  for (const { number, cells } of await workbookRows(bytes)) {
    keep(rows, number, utf8(JSON.stringify(cells)), reader.row(cells));
  }
  if (!reader.begun) refuse("no header with all the configured columns (找不到含全部所配列的表头)");
  return { rows, isOpen: false };
};

/**
 * The rows of a file, whatever its name says: a workbook by its first bytes, UTF-16 by its mark, otherwise text in the
 * configured encoding. `takeLast`: a last row without line end is whole.
 * @throws {MingchengError} RESULT_FILE_UNREADABLE when it is no table, or one without the configured columns
 */
export const readResultFile = async (bytes: Uint8Array, format: TableFormat, takeLast: boolean): Promise<ReadFile> => {
  if (bytes.length === 0) return { rows: [], isOpen: false };
  if (beginsWith(bytes, 0x50, 0x4b)) return readWorkbook(bytes, format);
  if (fromUtf16(bytes) === null) refuseOtherFormats(bytes);
  return readText(bytes, format, takeLast);
};
