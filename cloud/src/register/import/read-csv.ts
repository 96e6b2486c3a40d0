import { Readable } from "node:stream";
import { MingchengError } from "@mingcheng/protocols";
import { CsvError, parse } from "csv-parse";
import { decodeFile, type Encoding } from "./text-encoding.ts";

/** One row of a file: its number as a spreadsheet counts, and its cells. */
export interface FileRow {
  readonly number: number;
  readonly cells: readonly string[];
}

const maxRowBytes = 64 * 1024;

/**
 * Reads the rows of a CSV file (RFC 4180, comma) one by one, in bounded memory. Empty lines are left out, but counted.
 * @throws {MingchengError} INPUT_INVALID naming the line that cannot be read
 */
export async function* readCsv(path: string, encoding: Encoding): AsyncGenerator<FileRow> {
  const source = Readable.from(decodeFile(path, encoding));
  const parser = parse({ bom: true, relax_column_count: true, max_record_size: maxRowBytes });
  // A fault of the source reaches whoever reads the rows.
  source.on("error", (error) => parser.destroy(error));
  source.pipe(parser);
  let number = 0;
  try {
    for await (const record of parser) {
      number++;
      const cells = record as string[];
      if (cells.length === 1 && cells[0] === "") continue;
      yield { number, cells };
    }
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw new MingchengError("INPUT_INVALID", `${path}: ${cause.message}`, { field: "file", cause });
  } finally {
    source.destroy();
  }
}
