import { readFile, stat } from "node:fs/promises";
import { MingchengError } from "@mingcheng/protocols";
import { unzipSync } from "fflate";
import { type CellValue, readSheet } from "read-excel-file/node";
import { compoundReason, fileKindOf } from "./file-signature.ts";
import type { FileRow } from "./read-csv.ts";

const maxFileMiB = 32;
const maxUnpackedMiB = 256;

const refuse = (path: string, reason: string, cause?: unknown): never => {
  throw new MingchengError("INPUT_INVALID", `${path}: ${reason}`, { field: "file", cause });
};

/** Refuses what would not fit into memory before it is unpacked. */
const checkSize = async (path: string): Promise<Buffer> => {
  if ((await stat(path)).size > maxFileMiB * 1024 * 1024) {
    refuse(path, `larger than ${maxFileMiB} MiB; save it as CSV (超过 ${maxFileMiB} MiB，请另存为 CSV)`);
  }
  if ((await fileKindOf(path)) === "compound") refuse(path, compoundReason);
  const bytes = await readFile(path);
  let unpacked = 0;
  try {
    unzipSync(bytes, {
      filter: ({ originalSize }) => {
        unpacked += originalSize;
        return false;
      },
    });
  } catch (cause) {
    refuse(path, "not an Excel workbook (.xlsx) (不是 Excel 工作簿)", cause);
  }
  if (unpacked > maxUnpackedMiB * 1024 * 1024) {
    refuse(path, `larger than ${maxUnpackedMiB} MiB unpacked; save it as CSV (解压后过大，请另存为 CSV)`);
  }
  return bytes;
};

/** Excel stores local times without a zone; the library gives them as if they were UTC. */
const cellText = (value: CellValue | null): string => {
  if (value === null) return "";
  if (value instanceof Date) {
    const nearest = new Date(Math.round(value.getTime() / 1000) * 1000);
    return nearest.toISOString().slice(0, 19).replace("T", " ");
  }
  return String(value);
};

/**
 * Reads the rows of the first sheet of an Excel workbook, held in memory as a whole.
 * @throws {MingchengError} INPUT_INVALID when it is none, or too large
 */
export async function* readXlsx(path: string): AsyncGenerator<FileRow> {
  const bytes = await checkSize(path);
  const rows = await readSheet(bytes, { trim: false }).catch((cause: unknown) =>
    refuse(path, "the workbook cannot be read (无法读取工作簿)", cause),
  );
  for (const [index, row] of rows.entries()) {
    const cells = row.map(cellText);
    if (cells.every((cell) => cell === "")) continue;
    yield { number: index + 1, cells };
  }
}
