import { createWriteStream } from "node:fs";
import { rename } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { stringify } from "csv-stringify";
import type { SqliteDatabase } from "../../store/database.ts";
import { columnList, columnNames } from "../change/staged-rows.ts";
import { headerOf, type RegisterKind } from "../model/register-kind.ts";
import { always, forever, type ZoneClock } from "../model/validity.ts";

/** Which entries of a kind are written. */
export interface ExportOptions {
  /** Only those valid in this minute; all when null. */
  readonly at: number | null;
}

interface ExportRow extends Record<string, unknown> {
  readonly valid_from: number;
  readonly valid_to: number;
}

/**
 * The present entries of a kind as cells, the header first, sorted by key and validity: what an import reads back as the
 * same.
 */
export function* exportRows(
  database: SqliteDatabase,
  clock: ZoneClock,
  kind: RegisterKind,
  { at }: ExportOptions,
): Generator<string[]> {
  yield headerOf(kind);
  const names = columnNames(kind);
  const rows = database
    .prepare(
      `SELECT ${columnList(names)}, valid_from, valid_to FROM ${kind.table} WHERE until_change IS NULL
         AND (@at IS NULL OR (valid_from <= @at AND @at < valid_to)) ORDER BY ${columnList(kind.key)}, valid_from`,
    )
    .iterate({ at }) as IterableIterator<ExportRow>;
  for (const row of rows) {
    const from = row.valid_from === always ? "" : clock.format(row.valid_from);
    const to = row.valid_to === forever ? "" : clock.format(row.valid_to);
    yield [...names.map((name) => String(row[name])), from, to];
  }
}

/** Writes entries of a kind as CSV (UTF-8, LF) to a file, which appears when it is complete. Returns the rows written. */
export const exportFile = async (
  rows: Iterable<readonly string[]>,
  path: string,
  options: { readonly byteOrderMark: boolean },
): Promise<number> => {
  const partial = `${path}.partial`;
  const writer = stringify({ bom: options.byteOrderMark, record_delimiter: "\n" });
  let count = -1;
  const counted = function* (): Generator<readonly string[]> {
    for (const row of rows) {
      count++;
      yield row;
    }
  };
  await pipeline(Readable.from(counted()), writer, createWriteStream(partial, { mode: 0o600 }));
  await rename(partial, path);
  return count;
};
