import { join } from "node:path";
import { isCode, type TableFormat, type TesterFacts } from "@mingcheng/protocols";
import type { DriverSession, SessionContext } from "../define-driver.ts";
import { endsInTime } from "../ending.ts";
import { moveToDone } from "./done-folder.ts";
import type { FileConfig } from "./file-config.ts";
import { type DueFile, FolderScan } from "./folder-scan.ts";
import { readAtRest, readResultFile } from "./result-file.ts";
import { type NewRow, openRowBook, type RowBook } from "./row-book.ts";

/** What a folder of results is read with. */
export interface FolderPlan {
  readonly format: TableFormat;
  readonly files: FileConfig;
  readonly facts: TesterFacts;
}

/** Rows stored at once; the disk commits them together. */
const batchRows = 16;

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Stores rows in order; false when the session ends meanwhile. */
const storeRows = async (
  context: SessionContext,
  book: RowBook,
  rows: readonly NewRow[],
  signal: AbortSignal,
): Promise<boolean> => {
  const storeBatch = async (batch: readonly NewRow[]): Promise<void> => {
    const outcomes = await Promise.allSettled(batch.map(({ draft }) => context.capture(draft)));
    const stored = batch.filter((_row, index) => outcomes[index]?.status === "fulfilled");
    for (const { draft } of stored) if (draft.fault === undefined) context.count("results");
    await book.stored(stored).catch((error: unknown) => {
      // The records are on disk and are recalled at the next start; the note is written with the next ones.
      context.log.warn("what was read could not be noted", { error: textOf(error) });
    });
    const failed = outcomes.find((outcome) => outcome.status === "rejected");
    if (failed === undefined) return;
    context.count("capture_failures", "test", batch.length - stored.length);
    throw failed.reason;
  };
  for (let from = 0; from < rows.length; from += batchRows) {
    if (signal.aborted) return false;
    const storing = storeBatch(rows.slice(from, from + batchRows));
    if (!(await endsInTime(storing, context.clock, signal))) return false;
  }
  return true;
};

/**
 * A session for a folder that files of results are dropped into. Each row is captured once, whatever the file is called
 * and however often it is exported; a file counts as read when every row is on disk. A file that cannot be read is kept
 * in quarantine once for its content and looked at again when it changes.
 */
export const createFolderSession = (context: SessionContext, plan: FolderPlan): DriverSession => {
  const { format, files, facts } = plan;

  const readFile = async (folder: string, file: DueFile, bytes: Uint8Array) => {
    try {
      return await readResultFile(bytes, format, file.quietMs >= files.lastRowMs);
    } catch (error) {
      if (!isCode(error, "RESULT_FILE_UNREADABLE")) throw error;
      return { unreadable: error.message, folder };
    }
  };

  const takeRows = async (folder: string, file: DueFile, book: RowBook, signal: AbortSignal) => {
    const { name } = file;
    const bytes = await readAtRest(join(folder, name), file.look);
    if (bytes === undefined) return "not";
    const read = await readFile(folder, file, bytes);
    context.count("frames");
    if ("unreadable" in read) {
      const whole = book.unreadable(bytes, name, read.unreadable);
      if (whole !== null) context.log.error("a file of results cannot be read", { file: name, why: read.unreadable });
      return (await storeRows(context, book, whole === null ? [] : [whole], signal)) ? "unreadable" : "not";
    }
    const rows = book.unknown(read.rows, name);
    if (!(await storeRows(context, book, rows, signal))) return "not";
    if (rows.length > 0) {
      const bad = rows.filter(({ draft }) => draft.fault !== undefined).length;
      context.log.info("rows of a file were captured", {
        file: name,
        rows: read.rows.length,
        new: rows.length - bad,
        bad,
      });
    }
    return read.isOpen ? "open" : "whole";
  };

  const takeFile = async (folder: string, scan: FolderScan, file: DueFile, book: RowBook, signal: AbortSignal) => {
    if (file.read === "whole") {
      const moved = await moveToDone(folder, file.name, file.look);
      if (moved) context.log.info("a file was moved to done", { file: file.name });
      return;
    }
    const outcome = await takeRows(folder, file, book, signal);
    // Nothing more is done with an unreadable file until it changes: it stays where it is.
    scan.wasRead(file, outcome);
  };

  const run: DriverSession["run"] = async (stream, signal) => {
    const folder = stream.folder ?? "";
    const scan = new FolderScan(folder, files);
    let book: RowBook | undefined;
    const opening = openRowBook(context, facts).then((opened) => {
      book = opened;
    });
    if (!(await endsInTime(opening, context.clock, signal)) || book === undefined) return;
    while (!signal.aborted) {
      for (const file of await scan.look(context.clock.nowMs())) {
        if (signal.aborted) return;
        try {
          await takeFile(folder, scan, file, book, signal);
        } catch (error) {
          // The disk, the share or the file's permissions: tried again at the next look.
          context.log.warn("a file could not be taken and is tried again", { file: file.name, error: textOf(error) });
        }
      }
      await context.clock.sleep(files.pollIntervalMs, signal);
    }
  };

  return { run };
};
